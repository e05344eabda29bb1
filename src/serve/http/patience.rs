//! How long a request's body may take: a client that sends no byte, or one at a time, loses its place to those who wait.
//!
//! In: a body as it comes. Out: the same body, which breaks off once nothing came for a while, or the whole of it takes too long.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

/// Nothing for so long, and it is given up.
const SILENCE: Duration = Duration::from_secs(15);
/// The whole of a question.
pub const QUESTION: Duration = Duration::from_secs(30);
/// What a client that was refused may still send, and for how long, so that it comes to read why.
const LEFT_BYTES: u64 = 64 << 20;
const LEFT_TIME: Duration = Duration::from_secs(10);
/// The whole of what a department pushes, which may be large.
pub const DELIVERY: Duration = Duration::from_secs(3_600);

/// A body that is waited for, but not for ever.
pub struct Patient {
    body: Body,
    /// Nothing for so long, and it is given up.
    pause: Duration,
    /// All of it within this.
    within: Duration,
    /// Of what is not there yet when it is first asked for: the end of the silence, and of all patience.
    waited: Option<Waited>,
    /// Whether what nobody wants is read to its end.
    drains: bool,
}

struct Waited {
    silence: Pin<Box<Sleep>>,
    whole: Pin<Box<Sleep>>,
}

impl Patient {
    /// The whole of it within `whole`. `waits`: the client sends its body only once it is asked to (`Expect: 100-continue`).
    pub fn new(body: Body, whole: Duration, waits: bool) -> Patient {
        let mut patient = Patient::within(body, SILENCE, whole);
        patient.drains = !waits;
        patient
    }

    fn within(body: Body, pause: Duration, whole: Duration) -> Patient {
        Patient { body, pause, within: whole, waited: None, drains: false }
    }
}

impl Drop for Patient {
    /// A socket that is closed with bytes unread takes the answer with it (RFC 9112, 9.6): what was refused, or was too long, is read
    /// and let go of.
    fn drop(&mut self) {
        if !self.drains || hyper::body::Body::is_end_stream(&self.body) {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let mut rest = std::mem::take(&mut self.body).into_data_stream();
        runtime.spawn(tokio::time::timeout(LEFT_TIME, async move {
            let mut left = LEFT_BYTES;
            while let Some(Ok(piece)) = rest.next().await {
                left = left.saturating_sub(piece.len() as u64);
                if left == 0 {
                    break;
                }
            }
        }));
    }
}

impl hyper::body::Body for Patient {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(waited) = &mut self.waited
            && waited.whole.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Some(Err(axum::Error::new("the body did not come in time"))));
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            let pause = self.pause;
            if let Some(waited) = &mut self.waited {
                waited.silence.as_mut().reset(Instant::now() + pause);
            }
            // Nothing is left of what has ended or broken off.
            self.drains &= matches!(frame, Some(Ok(_)));
            return Poll::Ready(frame);
        }
        let (pause, within) = (self.pause, self.within);
        let wait = |time| Box::pin(tokio::time::sleep(time));
        let waited = self.waited.get_or_insert_with(|| Waited { silence: wait(pause), whole: wait(within) });
        // Both wake this task when their time has come.
        let is_over = waited.silence.as_mut().poll(context).is_ready() || waited.whole.as_mut().poll(context).is_ready();
        match is_over {
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
