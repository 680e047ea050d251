local f = io.open("/etc/passwd", "r") if f then print(f:read("n", "l", 5), f:seek("end")) f:close() end
for l in io.lines("/etc/hostname") do io.write(l, "\n") end print(os.time(), os.date("!%c"), os.clock(), os.getenv("HOME"), os.tmpname(), os.rename("/tmp/a", "/tmp/b"))
os.execute("true") local p = io.popen("echo x") print(p and p:read("a")) os.remove("/tmp/b") collectgarbage() require "x" os.exit(3)
