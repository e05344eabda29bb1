#!/usr/bin/env bash
# Packages: async-graphql==7.2.1 futures-util==0.3.34 tokio==1.54.1
#
# A request limited to introspection (`Request::only_introspection`) that holds a valid subscription is answered with
# "Schema is not configured for subscription.", by a schema that has this subscription and answers it without the limit. A query
# under the same limit is answered with null for its fields and no error at all. So neither the presence of an error nor its text tells
# whether the document fits the schema.
#
# Seen with async-graphql 7.2.1 (2026-11-27), a schema of one query and one subscription:
#   limited query: {greeting: null} errors 0
#   limited subscription: null Schema is not configured for subscription.
#   free subscription: {ticks: 1}
# The library puts its `EmptySubscription` in the place of the schema's own while the limit is on, and that one's error speaks of the
# schema.
#
# Who meets it: whoever checks documents against a schema without running them (a list of trusted documents, a gateway's build), and
# takes this limit for "validate only". An extension that listens to `validation` tells what the schema says of a document.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "limited"
version = "0.0.0"
edition = "2021"

[dependencies]
async-graphql = { version = "=7.2.1", default-features = false }
futures-util = { version = "=0.3.34", default-features = false }
tokio = { version = "=1.54.1", default-features = false, features = ["rt", "macros"] }

[profile.dev]
debug = false
TOML
cat > src/main.rs <<'RUST'
use async_graphql::{EmptyMutation, Object, Request, Schema, Subscription};
use futures_util::{stream, Stream, StreamExt};

struct Query;

#[Object]
impl Query {
    async fn greeting(&self) -> Option<&str> {
        Some("hello")
    }
}

struct Ticks;

#[Subscription]
impl Ticks {
    async fn ticks(&self) -> impl Stream<Item = i32> {
        stream::iter([1])
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let schema = Schema::new(Query, EmptyMutation, Ticks);
    let limited = schema.execute(Request::new("{ greeting }").only_introspection()).await;
    println!("limited query: {} errors {}", limited.data, limited.errors.len());
    for (name, request) in [
        ("limited subscription", Request::new("subscription { ticks }").only_introspection()),
        ("free subscription", Request::new("subscription { ticks }")),
    ] {
        let answer = schema.execute_stream(request).next().await.expect("one answer");
        let errors: Vec<String> = answer.errors.iter().map(|e| e.message.clone()).collect();
        println!("{}", format!("{name}: {} {}", answer.data, errors.join("; ")).trim_end());
    }
}
RUST
cat > expected.txt <<'TEXT'
limited query: {greeting: null} errors 0
limited subscription: null Schema is not configured for subscription.
free subscription: {ticks: 1}
TEXT
CARGO_TARGET_DIR="$dir/target" cargo run --quiet > seen.txt
diff expected.txt seen.txt || { echo "the behaviour has changed"; exit 1; }
echo "as described: async-graphql 7.2.1"
