package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Real programs, learned with a workload, work under what was learned, which is what strace sees.
 */
class RealProgramsIT {
  /** Always in a policy, whether seen or not: every program may need them at any moment. */
  private static final Set<String> BASE =
      Set.of("exit", "exit_group", "rt_sigreturn", "restart_syscall");

  @TempDir Path directory;

  /** What happens while a program runs; it must end by itself afterwards. */
  interface Driver {
    void drive(Path directory, int port) throws Exception;
  }

  /**
   * A program and its workload.
   *
   * @param name of the program
   * @param prepare files it needs
   * @param command its words; DIR and PORT stand for the directory and a free port
   * @param driver what is done to it while it runs
   * @param explained calls that only one of strace and tiny-jail sees, and why
   */
  record Workload(
      String name,
      Driver prepare,
      List<String> command,
      Driver driver,
      Map<String, String> explained) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Workload> workloads() {
    Map<String, String> threads =
        Map.of(
            "clone", "clone3 is refused while learning, so that libc shows its flags to clone",
            "clone3", "strace lets clone3 pass, tiny-jail answers ENOSYS");
    Driver nothing = (directory, port) -> {};
    return Stream.of(
        new Workload(
            "sqlite3",
            nothing,
            List.of(
                "sqlite3",
                "DIR/t.db",
                "drop table if exists t; create table t(a,b); insert into t values(1,'x'),(2,'y');"
                    + " select count(*), sum(a) from t where b > 'a' order by 1;"),
            nothing,
            threads),
        new Workload(
            "jq",
            (directory, port) ->
                Files.writeString(directory.resolve("in.json"), "{\"a\":[1,2,{\"b\":null}]}"),
            List.of("jq", "-c", ".a | map(type)", "DIR/in.json"),
            nothing,
            threads),
        new Workload(
            "curl",
            RealProgramsIT::serveOnce,
            List.of("curl", "-s", "-S", "http://127.0.0.1:PORT/hello"),
            nothing,
            threads),
        new Workload(
            "nginx",
            RealProgramsIT::configureNginx,
            List.of("nginx", "-p", "DIR", "-c", "DIR/nginx.conf", "-g", "daemon off;"),
            RealProgramsIT::driveNginx,
            threads),
        new Workload(
            "redis-server",
            nothing,
            List.of(
                "redis-server",
                "--port",
                "PORT",
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                "DIR"),
            RealProgramsIT::driveRedis,
            threads),
        new Workload(
            "python3",
            (directory, port) -> Files.writeString(directory.resolve("work.py"), PYTHON),
            List.of("/usr/bin/python3", "DIR/work.py"),
            nothing,
            threads),
        new Workload(
            "git",
            RealProgramsIT::makeRepository,
            List.of("git", "clone", "-q", "--no-hardlinks", "DIR/origin", "DIR/copy"),
            (directory, port) -> {},
            threads));
  }

  private static final String PYTHON =
      """
      import subprocess, threading, socket, tempfile, os
      def work(n):
          with tempfile.TemporaryFile() as f:
              f.write(b'x' * n); f.flush()
      threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
      [t.start() for t in threads]
      [t.join() for t in threads]
      assert subprocess.run(['/bin/echo', 'hello'], capture_output=True).stdout == b'hello\\n'
      assert subprocess.run('exit 3', shell=True).returncode == 3
      a, b = socket.socketpair()
      a.send(b'x'); assert b.recv(1) == b'x'
      """;

  @ParameterizedTest
  @MethodSource("workloads")
  void runsWithoutDenialUnderWhatItsWorkloadTaughtAndThatIsWhatStraceSees(Workload workload)
      throws Exception {
    TinyJail tinyJail = new TinyJail(directory);
    Path policyFile = directory.resolve("p.json");

    TinyJail.Result learned = perform(tinyJail, workload, "learn", "--out", policyFile.toString());
    learned.succeeded();

    TinyJail.Result held = perform(tinyJail, workload, "run", "--policy", policyFile.toString());
    held.succeeded();
    assertThat(tinyJail.run("review", "--json").succeeded().out().strip()).isEqualTo("[]");

    Set<String> names = new TreeSet<>(tinyJail.calls(policyFile.toString()));
    Set<String> seen = straced(tinyJail, workload);
    assertThat(difference(seen, names, workload)).as("strace saw, tiny-jail did not").isEmpty();
    assertThat(difference(names, seen, workload)).as("tiny-jail saw, strace did not").isEmpty();
  }

  private static Set<String> difference(Set<String> a, Set<String> b, Workload workload) {
    Set<String> rest = new TreeSet<>(a);
    rest.removeAll(b);
    rest.removeAll(BASE);
    rest.removeAll(workload.explained().keySet());
    rest.remove(
        "execve"); // the launch's own execve is not the program's: tiny-jail never counts it
    return rest;
  }

  private TinyJail.Result perform(TinyJail tinyJail, Workload workload, String... options)
      throws Exception {
    int port = freePort();
    workload.prepare().drive(directory, port);
    List<String> words = new ArrayList<>(List.of(options));
    words.add("--");
    words.addAll(command(workload, port));
    Process process = tinyJail.start(words.toArray(String[]::new));
    workload.driver().drive(directory, port);
    return tinyJail.end(process);
  }

  private Set<String> straced(TinyJail tinyJail, Workload workload) throws Exception {
    int port = freePort();
    Path log = directory.resolve("strace.log");
    workload.prepare().drive(directory, port);
    List<String> words = new ArrayList<>(List.of("strace", "-f", "-o", log.toString()));
    words.addAll(command(workload, port));
    Process process = tinyJail.startOther(words, Map.of());
    workload.driver().drive(directory, port);
    tinyJail.end(process).succeeded();
    return Strace.names(log);
  }

  private List<String> command(Workload workload, int port) {
    return workload.command().stream()
        .map(word -> word.replace("DIR", directory.toString()).replace("PORT", "" + port))
        .toList();
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void serveOnce(Path directory, int port) throws IOException {
    ServerSocket server = new ServerSocket(port, 8, InetAddress.getLoopbackAddress());
    server.setSoTimeout(60_000);
    Thread thread =
        new Thread(
            () -> {
              try (server;
                  Socket client = server.accept()) {
                client.getInputStream().read(new byte[4096]);
                client
                    .getOutputStream()
                    .write(
                        "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"
                            .getBytes(StandardCharsets.US_ASCII));
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  static void configureNginx(Path directory, int port) throws IOException {
    Files.createDirectories(directory.resolve("www"));
    Files.writeString(directory.resolve("www/index.html"), "hello");
    Files.writeString(
        directory.resolve("nginx.conf"),
        """
        user root;
        worker_processes 2;
        pid DIR/nginx.pid;
        error_log DIR/error.log;
        events {}
        http {
          access_log DIR/access.log;
          client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/fastcgi;
          uwsgi_temp_path DIR/uwsgi; scgi_temp_path DIR/scgi;
          server { listen 127.0.0.1:PORT; root DIR/www; }
        }
        """
            .replace("DIR", directory.toString())
            .replace("PORT", "" + port));
  }

  private static void driveNginx(Path directory, int port) throws Exception {
    awaitPort(port);
    for (int i = 0; i < 500; i++) {
      get(port);
    }
    long master = Long.parseLong(Files.readString(directory.resolve("nginx.pid")).strip());
    signal(master, "HUP");
    Thread.sleep(1000);
    for (int i = 0; i < 500; i++) {
      get(port);
    }
    signal(master, "QUIT");
  }

  static void get(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(answer).startsWith("HTTP/1.1 200").endsWith("hello");
    }
  }

  private static void driveRedis(Path directory, int port) throws Exception {
    awaitPort(port);
    Process benchmark =
        new ProcessBuilder(
                "redis-benchmark", "-q", "-p", "" + port, "-n", "500", "-t", "set,get,lpush")
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("benchmark.txt").toFile())
            .start();
    assertThat(benchmark.waitFor()).isZero();
    Process shutdown =
        new ProcessBuilder("redis-cli", "-p", "" + port, "shutdown", "nosave").start();
    shutdown.waitFor();
  }

  private static void makeRepository(Path directory, int port) throws Exception {
    Path script = directory.resolve("make.sh");
    Files.writeString(
        script,
        """
        set -e
        rm -rf origin copy
        git init -q origin
        cd origin
        git config user.email a@example.org; git config user.name a
        for i in 1 2 3; do echo $i >file$i; git add .; git commit -qm $i; done
        """);
    Process process =
        new ProcessBuilder("sh", script.toString()).directory(directory.toFile()).start();
    assertThat(process.waitFor()).isZero();
  }

  static void signal(long pid, String name) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, "" + pid).start().waitFor()).isZero();
  }

  static void awaitPort(int port) throws Exception {
    Instant deadline = Instant.now().plus(Duration.ofSeconds(60));
    while (Instant.now().isBefore(deadline)) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        assertThat(socket.isConnected()).isTrue();
        return;
      } catch (IOException e) {
        Thread.sleep(50);
      }
    }
    throw new AssertionError("nothing listens on port " + port);
  }
}
