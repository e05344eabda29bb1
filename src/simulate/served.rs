//! A whole simulated city on its feet: departments' files in a folder, the commerce registry on a port of this machine.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::city::City;
use super::commerce::{CommerceOptions, CommerceService};
use super::entity::SimulatedRegistry;
use super::error::SimulateError;
use super::fault::FaultSwitch;
use super::{commerce, departments, extract, federation_files};

/// How a city is served.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Address of the commerce registry; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Its token; None lets everybody in.
    pub token: Option<String>,
    /// Its rate limit; 0 = none.
    pub requests_per_sec: u32,
    /// Also write `truth/`.
    pub truth: bool,
}

impl Default for ServeOptions {
    fn default() -> Self {
        ServeOptions {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: Some("simulated-token".to_owned()),
            requests_per_sec: 200,
            truth: false,
        }
    }
}

/// Where one registry can be pulled from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedSource {
    /// Name of the connector: commerce, tax, social_insurance, statistics, unions, payments.
    pub registry: &'static str,
    /// A URL, `sqlite:PATH`, or a path.
    pub place: String,
    /// Bearer token, where one is needed.
    pub token: Option<String>,
}

/// The city as it is served. Dropping it closes the commerce registry; the files stay.
#[derive(Debug)]
pub struct Served {
    /// The five registries, then the payments.
    pub sources: Vec<ServedSource>,
    /// Makes the commerce registry answer badly.
    pub faults: FaultSwitch,
    /// Rows per registry, in the order of `SimulatedRegistry::ALL`.
    pub rows: [u64; 6],
    commerce: CommerceService,
}

impl Served {
    pub fn source(&self, registry: &str) -> Option<&ServedSource> {
        self.sources.iter().find(|s| s.registry == registry)
    }
    pub async fn stop(self) {
        self.commerce.stop().await;
    }
}

/// What the files in a folder are of; another city or day is written anew.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    made_by: String,
    seed: u64,
    enterprises: u64,
    day: u16,
    truth: bool,
    rows: [u64; 6],
}

impl Stamp {
    /// Another version of the program may write another city.
    fn is_of(&self, seed: u64, enterprises: u64, day: u16, truth: bool) -> bool {
        self.made_by == made_by() && (self.seed, self.enterprises, self.day) == (seed, enterprises, day) && (self.truth || !truth)
    }
}

/// Raised whenever the same seed gives another city.
const GENERATION: u32 = 3;

fn made_by() -> String {
    format!("huitu {} generation {GENERATION}", env!("CARGO_PKG_VERSION"))
}

/// Writes the departments' files of a city into `dir` (unless they stand there already) and serves them.
///
/// # Errors
/// `Io` and `Database`, where a file cannot be written; `Listen`, where the address is taken.
pub async fn serve(dir: &Path, seed: u64, enterprises: u64, day: u16, options: ServeOptions) -> Result<Served, SimulateError> {
    let stamp = dir.join("simulated.json");
    let known = fs::read(&stamp).ok().and_then(|text| serde_json::from_slice::<Stamp>(&text).ok());
    let rows = match known.filter(|k| k.is_of(seed, enterprises, day, options.truth)) {
        Some(known) => known.rows,
        None => {
            fs::create_dir_all(dir).map_err(|e| SimulateError::io("create", dir, e))?;
            // Until everything is written the folder is of no city.
            if stamp.exists() {
                fs::remove_file(&stamp).map_err(|e| SimulateError::io("remove", &stamp, e))?;
            }
            let city = blocking(dir, move || Ok(City::new(seed, enterprises, day))).await?;
            let rows = departments::write(&city, dir).await?;
            federation_files::write(&city, dir)?;
            if options.truth {
                let to = dir.join("truth");
                blocking(dir, move || federation_files::write_truth(&city, &to).and_then(|()| extract::write_truth(&city, &to)))
                    .await?;
            }
            let text = serde_json::to_vec(&Stamp { made_by: made_by(), seed, enterprises, day, truth: options.truth, rows })
                .expect("plain numbers and texts");
            fs::write(&stamp, text).map_err(|e| SimulateError::io("write", &stamp, e))?;
            rows
        }
    };
    let service =
        CommerceOptions { listen: options.listen, token: options.token.clone(), requests_per_sec: options.requests_per_sec };
    let commerce = commerce::serve(&departments::place(dir, SimulatedRegistry::Commerce), service).await?;
    let sources = SimulatedRegistry::ALL.iter().map(|r| source(*r, dir, &commerce, &options.token)).collect();
    Ok(Served { sources, faults: commerce.faults.clone(), rows, commerce })
}

fn source(registry: SimulatedRegistry, dir: &Path, commerce: &CommerceService, token: &Option<String>) -> ServedSource {
    let at: PathBuf = departments::place(dir, registry);
    let (place, token) = match registry {
        SimulatedRegistry::Commerce => (commerce.place(), token.clone()),
        SimulatedRegistry::SocialInsurance => (format!("sqlite:{}", at.display()), None),
        SimulatedRegistry::Statistics => (at.join("*.xlsx").display().to_string(), None),
        _ => (at.display().to_string(), None),
    };
    ServedSource { registry: registry.name(), place, token }
}

async fn blocking<T: Send + 'static>(
    dir: &Path,
    work: impl FnOnce() -> Result<T, SimulateError> + Send + 'static,
) -> Result<T, SimulateError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| SimulateError::io("write", dir, std::io::Error::other(e)))?
}
