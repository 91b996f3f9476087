//! The least that a command-line client can be: connects, sends what it was told, reads the answer's first bytes, ends.
//! `bare-call SOCKET FILE` is the limit that `reel run` is measured against; `bare-call tell SOCKET` sends one empty
//! datagram, as the program whose start the pick-up measure waits for.

use std::io::{Error, Read, Result, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let (Some(first), Some(second)) = (words.next(), words.next()) else {
        return Err(Error::other(
            "bare-call SOCKET FILE | bare-call tell SOCKET",
        ));
    };
    if first == "tell" {
        return UnixDatagram::unbound()?.send_to(b"", second).map(drop);
    }
    let request = std::fs::read(second)?;
    let mut stream = UnixStream::connect(first)?;
    stream.write_all(&request)?;
    let mut answer = [0; 4096];
    let length = stream.read(&mut answer)?;
    if answer[..length].starts_with(b"HTTP/1.1 202") {
        Ok(())
    } else {
        Err(Error::other("not taken"))
    }
}
