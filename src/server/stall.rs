//! Ends connections whose other side reads nothing any more.
//!
//! An answer that nobody takes holds its connection, and one of the places for those, for as
//! long as the other side likes: the operating system keeps it alive.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A stream of which writing fails when nothing could be written for so long.
#[derive(Debug)]
pub struct Stalling<S> {
    stream: S,
    most: Duration,
    /// Runs out while a write waits.
    patience: Pin<Box<Sleep>>,
    waits: bool,
}

impl<S> Stalling<S> {
    pub fn new(stream: S, most: Duration) -> Self {
        Self { stream, most, patience: Box::pin(sleep(most)), waits: false }
    }

    /// Lets a write's answer pass; one that has waited too long is an error.
    fn judge<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waits = false;
            return written;
        }
        if !self.waits {
            self.waits = true;
            self.patience.as_mut().reset(Instant::now() + self.most);
        }
        match self.patience.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stalling<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        pin!(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stalling<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = pin!(&mut self.stream).poll_write(context, bytes);
        self.judge(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = pin!(&mut self.stream).poll_write_vectored(context, pieces);
        self.judge(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = pin!(&mut self.stream).poll_flush(context);
        self.judge(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = pin!(&mut self.stream).poll_shutdown(context);
        self.judge(context, ended)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test]
    async fn who_reads_slowly_is_served_and_who_does_not_read_is_left() {
        // Long beside what a busy machine may hold a task up for.
        const MOST: Duration = Duration::from_secs(3);
        let (near, mut far) = duplex(1_000);
        let mut near = Stalling::new(near, MOST);
        let slow = tokio::spawn(async move {
            for _ in 0..20 {
                sleep(MOST / 8).await;
                far.read_exact(&mut [0; 500]).await.unwrap();
            }
            far
        });
        let begun = Instant::now();
        near.write_all(&[0; 11_000]).await.unwrap();
        assert!(begun.elapsed() > MOST * 2, "it waited for {:?}", begun.elapsed());
        let (begun, _far) = (Instant::now(), slow.await.unwrap());
        let left = near.write_all(&[0; 2_000]).await.unwrap_err();
        assert_eq!(left.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= MOST, "after {:?}", begun.elapsed());
    }
}
