//! `reel dial-stdio`: joins standard input and output to the daemon's socket, byte by byte.
//!
//! It is the far end of a connection through another program. Nothing else ever goes to standard output.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, Outcome};
use reel_shared::client::{Endpoint, Socket, Target};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

/// Copies both ways until either side closes.
pub async fn run(context: &mut Context) -> Outcome {
    let endpoint = context.http.endpoint();
    if endpoint
        .targets
        .iter()
        .any(|target| !matches!(target, Target::Unix(_)))
    {
        return Err(Failure::usage(format!(
            "dial-stdio joins the local socket, not {}",
            endpoint.describe()
        ))
        .with_remedy("leave --connect and REEL_CONNECT out, or give unix:PATH"));
    }
    let endpoint = Endpoint {
        targets: endpoint.targets.clone(),
        token: None,
    };
    let (socket, _) = Socket::connect(&endpoint).await?;
    join(tokio::io::stdin(), tokio::io::stdout(), socket).await;
    Ok(())
}

/// Ends when either side closes: an end of the input lets the daemon answer to its end first.
async fn join(
    mut input: impl AsyncRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
    socket: impl AsyncRead + AsyncWrite,
) {
    let (mut from, mut to) = tokio::io::split(socket);
    let sent = async {
        let copied = tokio::io::copy(&mut input, &mut to).await;
        // The daemon sees the end of the input, and may still answer.
        let _ = to.shutdown().await;
        copied.is_ok()
    };
    let received = async {
        // A reader that is gone ends it as the daemon's own close does.
        let _ = copy_flushed(&mut from, &mut output).await;
    };
    tokio::pin!(sent, received);
    tokio::select! {
        () = &mut received => {}
        _ = &mut sent => received.await,
    }
}

/// Copies, handing over each piece as it comes: an answer must not wait in a buffer.
async fn copy_flushed(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> std::io::Result<()> {
    use tokio::io::AsyncReadExt;
    let mut piece = vec![0; 64 << 10];
    loop {
        let count = from.read(&mut piece).await?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(&piece[..count]).await?;
        to.flush().await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn both_ways_until_the_input_ends_and_the_answer_came() {
        let (near, mut far) = tokio::io::duplex(64);
        let (output, mut printed) = tokio::io::duplex(64);
        let daemon = tokio::spawn(async move {
            let mut request = Vec::new();
            far.read_to_end(&mut request).await.unwrap();
            far.write_all(b"answer").await.unwrap();
            request
        });
        join(&b"request"[..], output, near).await;
        assert_eq!(daemon.await.unwrap(), b"request");
        let mut text = Vec::new();
        printed.read_to_end(&mut text).await.unwrap();
        assert_eq!(text, b"answer");
    }

    #[tokio::test]
    async fn it_ends_when_the_daemon_closes_though_the_input_is_open() {
        let (near, far) = tokio::io::duplex(64);
        let (_kept_open, input) = tokio::io::duplex(64);
        drop(far);
        join(input, tokio::io::sink(), near).await;
    }
}
