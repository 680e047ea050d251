// Goroutines, sockets, a child and files, as Go does them.
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
)

func threads() int {
	counts := make(chan int)
	for i := 0; i < 4; i++ {
		go func() { counts <- 1 }()
	}
	sum := 0
	for i := 0; i < 4; i++ {
		sum += <-counts
	}
	return sum
}

func child() int {
	command := exec.Command("sh", "-c", "exit 7")
	_ = command.Run()
	return command.ProcessState.ExitCode()
}

func talk() byte {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0
	}
	go func() {
		if there, err := server.Accept(); err == nil {
			_, _ = there.Write([]byte("x"))
		}
	}()
	here, err := net.Dial("tcp", server.Addr().String())
	if err != nil {
		return 0
	}
	bytes := make([]byte, 1)
	_, _ = here.Read(bytes)
	return bytes[0]
}

func file() int {
	file, err := os.CreateTemp("", "kind")
	if err != nil {
		return 0
	}
	defer os.Remove(file.Name())
	_, _ = file.WriteString("line\n")
	bytes, _ := os.ReadFile(file.Name())
	return len(bytes)
}

func main() {
	fmt.Printf("threads=%d child=%d talk=%d file=%d\n", threads(), child(), talk(), file())
	if len(os.Args) > 1 {
		fmt.Printf("trespass=%v\n", os.Symlink("nowhere", "trespassed") == nil)
	}
	os.Exit(7)
}
