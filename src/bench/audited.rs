//! What the audit costs: the same server with it and without it, over sockets, in turn, in one run.
//!
//! Every answer waits until its row is on the disk; rows of answers that come together are written together. So throughput and the slowest
//! answers are what is looked at, on the wall clock, and of kept answers the processor's time.

use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::figure::Figure;
use super::usage::cpu_seconds;
use crate::hub::Hub;
use crate::serve::{App, Authentication, Options};

/// Clients at a time.
const CLIENTS: [usize; 3] = [1, 16, 64];
/// Rounds with the audit and rounds without it, one after the other. Each pair is compared by itself: what else the machine does changes
/// more slowly than they take.
const ROUNDS: usize = 11;
/// Of one round.
const TIME: Duration = Duration::from_secs(1);

/// A server on a port, until it is dropped.
struct Served {
    address: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

async fn serve(hub: &Hub, is_audited: bool) -> anyhow::Result<Served> {
    let mut options = Options::new(Authentication::Demonstration);
    options.limits.cost_per_minute = u64::MAX;
    options.is_measured_without_audit = !is_audited;
    let state = App::new(hub.clone(), options);
    state.refresh().await.map_err(|p| anyhow::anyhow!(p.en))?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    tokio::spawn(crate::serve::run(listener, state, async move {
        let _ = stopped.await;
    }));
    Ok(Served { address, stop: Some(stop) })
}

/// A connection that asks one question after the other.
struct Client {
    stream: TcpStream,
    address: String,
    answer: Vec<u8>,
}

impl Client {
    async fn new(address: &str) -> anyhow::Result<Client> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, address: address.to_owned(), answer: vec![0; 1 << 20] })
    }

    /// Asks, and reads the answer to its end.
    async fn ask(&mut self, query: &str) -> anyhow::Result<()> {
        let body = serde_json::json!({ "query": query }).to_string();
        let request = format!(
            "POST /graphql HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        let mut length = 0;
        let head = loop {
            let read = self.stream.read(&mut self.answer[length..]).await?;
            anyhow::ensure!(read > 0, "the server closed the connection");
            length += read;
            if let Some(end) = self.answer[..length].windows(4).position(|w| w == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = String::from_utf8_lossy(&self.answer[..head]).to_ascii_lowercase();
        anyhow::ensure!(text.starts_with("http/1.1 200"), "a benchmark's question must be answered: {text}");
        let body = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        let mut left = (head + body.context("an answer without a length")?).saturating_sub(length);
        while left > 0 {
            let read = self.stream.read(&mut self.answer).await?;
            anyhow::ensure!(read > 0, "the server closed the connection");
            left -= read.min(left);
        }
        Ok(())
    }
}

/// Another question every time, so that none is kept.
fn fresh(number: u64) -> String {
    format!("query Q{number} {{ gap(first: 20) {{ totalCount nodes {{ id name creditCode employees revenueYuan address }} }} }}")
}

/// Requests per second, and the time in milliseconds within which 99 of 100 were answered.
async fn round(address: &str, clients: usize, seed: u64) -> anyhow::Result<(f64, f64)> {
    let began = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for client in 0..clients as u64 {
        let address = address.to_owned();
        all.spawn(async move {
            let mut client_of = Client::new(&address).await?;
            let mut took = Vec::new();
            let mut number = seed + (client << 24);
            while began.elapsed() < TIME {
                number += 1;
                let asked = Instant::now();
                client_of.ask(&fresh(number)).await?;
                took.push(asked.elapsed().as_secs_f64() * 1e3);
            }
            anyhow::Ok(took)
        });
    }
    let mut took = Vec::new();
    while let Some(of_one) = all.join_next().await {
        took.extend(of_one??);
    }
    let rate = took.len() as f64 / began.elapsed().as_secs_f64();
    took.sort_by(f64::total_cmp);
    Ok((rate, took[took.len() * 99 / 100]))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The figures.
///
/// # Errors
/// A server that cannot be started, a question that is not answered.
pub async fn measure(hub: &Hub) -> anyhow::Result<Vec<Figure>> {
    let (with, without) = (serve(hub, true).await?, serve(hub, false).await?);
    let mut figures = Vec::new();
    let mut seed = 0;
    for clients in CLIENTS {
        let mut seen: [Vec<(f64, f64)>; 2] = [Vec::new(), Vec::new()];
        for turn in 0..2 * ROUNDS {
            seed += 1_u64 << 40;
            // Now the one first, now the other.
            let which = (turn + turn / 2) % 2;
            let address = [&with.address, &without.address][which];
            seen[which].push(round(address, clients, seed).await?);
        }
        let pairs = || seen[0].iter().zip(&seen[1]);
        let share = median(pairs().map(|(with, without)| with.0 / without.0).collect());
        let slower = median(pairs().map(|(with, without)| with.1 - without.1).collect());
        let rate_without = median(seen[1].iter().map(|round| round.0).collect());
        let who = if clients == 1 { "1 client".to_owned() } else { format!("{clients} clients") };
        let at_most = Figure::at_most;
        figures.push(at_most(&format!("answers without the audit, {who}"), rate_without, "/s", None));
        figures.push(Figure {
            what: format!("answers with it, {who}, as a share"),
            value: share,
            unit: "",
            bar: Some(0.9),
            higher_is_better: true,
        });
        figures.push(at_most(&format!("more at p99 with it, {who}"), slower, "ms", Some(3.0)));
    }
    // Rows that come together share one write to the disk; whoever asks alone pays all of it.
    for (clients, bar) in [(1, None), (64, Some(10.0))] {
        let who = if clients == 1 { "1 client".to_owned() } else { format!("{clients} clients") };
        let more = kept(&with, &without, clients).await?;
        figures.push(Figure::at_most(&format!("a kept answer, more CPU with the audit, {who}"), more, "µs", bar));
    }
    Ok(figures)
}

/// Microseconds of processor that the audit adds to a kept answer where so many ask at a time.
async fn kept(with: &Served, without: &Served, clients: usize) -> anyhow::Result<f64> {
    const TIMES: usize = 6_400;
    let mut costs: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    for turn in 0..2 * ROUNDS {
        let which = (turn + turn / 2) % 2;
        let mut all = tokio::task::JoinSet::new();
        let mut ready = Vec::new();
        for _ in 0..clients {
            // A connection each time: the server ends those that say nothing while the other one's turn lasts.
            let mut client = Client::new([&with.address, &without.address][which]).await?;
            client.ask(&fresh(0)).await?;
            ready.push(client);
        }
        let began = cpu_seconds();
        for mut client in ready {
            all.spawn(async move {
                for _ in 0..TIMES / clients {
                    client.ask(&fresh(0)).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(done) = all.join_next().await {
            done??;
        }
        costs[which].push((cpu_seconds() - began) * 1e6 / (TIMES / clients * clients) as f64);
    }
    let [with, without] = costs;
    Ok(median(with.iter().zip(without).map(|(with, without)| with - without).collect()))
}
