package org.tinyjail.agent;

import com.sun.jna.Pointer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Objects;

/** Linux as it is, but for calls that a test does in its own way. */
final class TamperedLinux {
  static final long RECV = 0xC0502100L;
  static final long SEND = 0xC0182101L;
  static final long ADDFD = 0x40182103L;
  static final long SET_FLAGS = 0x40082104L;

  private TamperedLinux() {}

  /** A call of Linux. */
  interface Call {
    Object make() throws Throwable;
  }

  /** What is done instead of a call of {@link LinuxC}. */
  interface Tampering {
    Object call(String method, Object[] arguments, Call real) throws Throwable;
  }

  /** What is done instead of one kind of ioctl; the argument is a pointer. */
  interface IoctlTampering {
    Object call(Pointer argument, Call real) throws Throwable;
  }

  static LinuxC with(Tampering tampering) {
    LinuxC linux = JnaLinuxC.load();
    return (LinuxC)
        Proxy.newProxyInstance(
            LinuxC.class.getClassLoader(),
            new Class<?>[] {LinuxC.class},
            (proxy, method, arguments) ->
                tampering.call(
                    method.getName(),
                    arguments,
                    () -> {
                      try {
                        return method.invoke(linux, arguments);
                      } catch (InvocationTargetException e) {
                        throw Objects.requireNonNull(e.getCause());
                      }
                    }));
  }

  static LinuxC withIoctl(long request, IoctlTampering tampering) {
    return with(
        (method, arguments, real) ->
            method.equals("ioctl") && arguments[1].equals(request)
                ? tampering.call(new Pointer((long) arguments[2]), real)
                : real.make());
  }
}
