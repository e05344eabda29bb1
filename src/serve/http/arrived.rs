//! Bytes of questions that are being read or worked on, counted for their caller as they come, and again as they are unpacked: a packed
//! body of a few kilobytes may hold megabytes.
//!
//! In: a body. Out: the same body, which breaks off where its caller has too much under way; whoever let the request in tells them so.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::BoxError;
use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use crate::serve::limits::slots::Slot;

/// The bytes of one request.
pub struct Arrived {
    taken: Mutex<Slot>,
    is_over: AtomicBool,
}

impl Arrived {
    pub fn new(taken: Slot) -> Arrived {
        Arrived { taken: Mutex::new(taken), is_over: AtomicBool::new(false) }
    }

    /// Whether there was no room for some of them.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    fn more(&self, bytes: usize) -> bool {
        let fits = bytes == 0 || self.taken.lock().expect("no panic while counting bytes").more(bytes);
        if !fits {
            self.is_over.store(true, Ordering::Release);
        }
        fits
    }
}

/// A body whose bytes are counted.
pub struct CountedBody {
    body: Body,
    /// Those that were taken before they came.
    announced: usize,
    arrived: Arc<Arrived>,
}

impl CountedBody {
    pub fn new(body: Body, announced: usize, arrived: Arc<Arrived>) -> CountedBody {
        CountedBody { body, announced, arrived }
    }
}

impl hyper::body::Body for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        let bytes = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        let more = bytes.saturating_sub(self.announced);
        self.announced = self.announced.saturating_sub(bytes);
        match self.arrived.more(more) {
            true => Poll::Ready(frame),
            false => Poll::Ready(Some(Err(axum::Error::new("too much is being sent at a time")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Handed on with a request that comes packed, to whoever unpacks it.
#[derive(Clone)]
pub struct Packed(pub Arc<Arrived>);

/// A request whose body was unpacked on its way, counted as it stands now.
pub fn unpacked<B>(mut request: Request<B>) -> Request<Body>
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let packed = request.extensions_mut().remove::<Packed>();
    request.map(|body| match packed {
        Some(Packed(arrived)) => Body::new(CountedBody::new(Body::new(body), 0, arrived)),
        None => Body::new(body),
    })
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::BodyExt;

    use super::*;
    use crate::serve::limits::slots::Slots;

    #[tokio::test]
    async fn what_was_not_announced_is_counted_as_it_comes() {
        let places = Slots::new(10, 100);
        let body = |pieces: u8| {
            let pieces = (0..pieces).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(b"abcd")));
            let arrived = Arc::new(Arrived::new(places.take_many("a", 2).unwrap()));
            (CountedBody::new(Body::from_stream(stream::iter(pieces)), 2, arrived.clone()), arrived)
        };
        let (whole, arrived) = body(2);
        assert_eq!(whole.collect().await.unwrap().to_bytes().len(), 8);
        assert!(!arrived.is_over());
        drop(arrived);
        let (long, arrived) = body(3);
        assert!(long.collect().await.is_err() && arrived.is_over(), "two bytes more than one caller may send at a time");
        drop(arrived);
        assert_eq!(places.taken(), 0);
    }

    #[tokio::test]
    async fn a_small_packed_body_counts_as_what_it_holds() {
        use std::io::Write;
        use tower::ServiceExt;
        let places = Slots::new(2_000, 2_000);
        let router = axum::Router::new().route(
            "/",
            axum::routing::post(async |body: Body| body.collect().await.map_or(0, |body| body.to_bytes().len()).to_string())
                .layer(crate::serve::http::packing::unpacked()),
        );
        for (bytes, is_over) in [(1_000, false), (100_000, true)] {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            packed.write_all(&vec![b' '; bytes]).unwrap();
            let arrived = Arc::new(Arrived::new(places.take("a").unwrap()));
            let request = Request::post("/").header("content-encoding", "gzip").extension(Packed(arrived.clone()));
            let answer = router.clone().oneshot(request.body(Body::from(packed.finish().unwrap())).unwrap()).await.unwrap();
            let read = answer.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(read, if is_over { "0".to_owned() } else { bytes.to_string() });
            assert_eq!(arrived.is_over(), is_over, "{bytes}");
        }
        assert_eq!(places.taken(), 0);
    }
}
