package org.tinyjail.cli;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** One line that is written over: how many of several are done. On a terminal only. */
final class Counter implements AutoCloseable {
  /** Nothing is shown of what takes less. */
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final int all;
  private final String what;
  private final Context context;
  private final boolean live = Colours.isTerminal(Path.of("/proc/self/fd/2"));
  private final long started = System.nanoTime();
  private int done;
  private boolean shown;

  Counter(int all, String what, Context context) {
    this.all = all;
    this.what = what;
    this.context = context;
  }

  /** One more is done. */
  synchronized void add() {
    done++;
    if (live && System.nanoTime() - started > QUIET_NANOS) {
      context.err().print("\r\033[Ktiny-jail: " + done + " of " + all + " " + what);
      context.err().flush();
      shown = true;
    }
  }

  @Override
  public synchronized void close() {
    if (shown) {
      context.err().print("\r\033[K");
      context.err().flush();
    }
  }
}
