//! How long a request's body may take: a client that sends no byte, or one at a time, loses its place to those who wait.
//!
//! In: a body as it comes. Out: the same body, which breaks off once nothing came for a while, or the whole of it takes too long.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

/// Nothing for so long, and it is given up.
const SILENCE: Duration = Duration::from_secs(15);
/// The whole of a question.
pub const QUESTION: Duration = Duration::from_secs(30);
/// The whole of what a department pushes, which may be large.
pub const DELIVERY: Duration = Duration::from_secs(3_600);

/// A body that is waited for, but not for ever.
pub struct Patient {
    body: Body,
    /// Nothing for so long, and it is given up.
    pause: Duration,
    silence: Pin<Box<Sleep>>,
    whole: Pin<Box<Sleep>>,
}

impl Patient {
    /// The whole of it within `whole`.
    pub fn new(body: Body, whole: Duration) -> Patient {
        Patient::within(body, SILENCE, whole)
    }

    fn within(body: Body, pause: Duration, whole: Duration) -> Patient {
        let wait = |time| Box::pin(tokio::time::sleep(time));
        Patient { body, pause, silence: wait(pause), whole: wait(whole) }
    }
}

impl hyper::body::Body for Patient {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.whole.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new("the body did not come in time"))));
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let until = Instant::now() + self.pause;
            self.silence.as_mut().reset(until);
            return Poll::Ready(frame);
        }
        match self.silence.as_mut().poll(context).is_ready() {
            true => Poll::Ready(Some(Err(axum::Error::new("the body did not come in time")))),
            false => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_body_that_stops_or_drips_is_given_up() {
        let (short, long) = (Duration::from_millis(5), Duration::from_secs(3_600));
        let silent = || Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        assert!(Patient::within(silent(), short, long).collect().await.is_err(), "nothing came");
        // A byte at a time, for ever.
        let drip = stream::unfold((), |()| async {
            tokio::task::yield_now().await;
            Some((Ok::<_, std::io::Error>(Bytes::new()), ()))
        });
        assert!(Patient::within(Body::from_stream(Box::pin(drip)), long, short).collect().await.is_err(), "never all of it");
        let whole = Patient::within(Body::from("{}"), long, long).collect().await.unwrap().to_bytes();
        assert_eq!(&whole[..], b"{}");
    }
}
