import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads, sockets, a child and files, as a JVM does them. */
final class Kind {
  public static void main(String[] words) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    List<Callable<Integer>> tasks = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      tasks.add(() -> 1);
    }
    int sum = 0;
    for (Future<Integer> one : pool.invokeAll(tasks)) {
      sum += one.get();
    }
    pool.shutdown();
    Process child = new ProcessBuilder("sh", "-c", "exit 7").start();
    System.out.println("threads=" + sum + " child=" + child.waitFor() + " talk=" + talk() + " file=" + file());
    if (words.length > 0) {
      System.out.println("trespass=" + trespass());
    }
    System.exit(7);
  }

  private static boolean trespass() {
    try {
      return Files.isSymbolicLink(Files.createSymbolicLink(Path.of("trespassed"), Path.of("nowhere")));
    } catch (IOException e) {
      return false;
    }
  }

  private static int talk() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket here = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket there = server.accept()) {
      here.getOutputStream().write('x');
      return there.getInputStream().read();
    }
  }

  private static int file() throws Exception {
    Path file = Files.createTempFile("kind", "");
    Files.writeString(file, "line\n");
    int length = Files.readString(file).length();
    Files.delete(file);
    return length;
  }
}
