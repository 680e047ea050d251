import os, socket, subprocess, threading, time, signal, mmap, tempfile, select, multiprocessing
p = os.fork()
if p == 0: os._exit(0)
os.waitpid(p, 0); print(subprocess.run(['true']), os.listdir('.'), os.getpid(), os.uname(), os.urandom(4), time.time())
t = threading.Thread(target=lambda: time.sleep(0)); t.start(); t.join(); r, w = os.pipe(); os.write(w, b'x'); select.select([r], [], [], 0)
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); s.close(); signal.signal(15, lambda *a: 0); os.kill(os.getpid(), 15)
with tempfile.TemporaryDirectory() as d: os.symlink('a', d + '/l'); os.rename(d + '/l', d + '/m'); mmap.mmap(-1, 4096); os.chmod(d, 0o700)
