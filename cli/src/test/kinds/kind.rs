// kind.rs - the library of Rust: a thread, a file, a socket, a child, a moment of sleep.
use std::io::Write;

fn main() -> std::io::Result<()> {
    let thread = std::thread::spawn(|| std::collections::HashMap::from([(1, 2)]).len());
    println!("{}", thread.join().unwrap());
    let name = "kind-rs.txt";
    std::fs::File::create(name)?.write_all(b"x")?;
    println!("{}", std::fs::metadata(name)?.len());
    std::fs::remove_file(name)?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let _connection = std::net::TcpStream::connect(listener.local_addr()?)?;
    println!("{}", std::process::Command::new("true").status()?);
    std::thread::sleep(std::time::Duration::from_millis(1));
    Ok(())
}
