//! The answers of `/metrics`, read as Prometheus reads them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::support::Server;

/// A scrape: each series with its labels, and its number.
#[derive(Debug)]
pub(crate) struct Scrape(Vec<(String, BTreeMap<String, String>, f64)>);

impl Scrape {
    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(
            lines.map(|line| series(line).unwrap_or_else(|| panic!("no series: {line}"))).collect(),
        )
    }

    /// The number of the series with exactly these labels.
    pub(crate) fn number(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels: BTreeMap<_, _> =
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let found = self.0.iter().find(|(known, with, _)| known == name && *with == labels);
        found.map(|(_, _, number)| *number)
    }

    /// The names of all series, each with the names of its labels.
    pub(crate) fn names(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, labels, _) in &self.0 {
            names.entry(name.clone()).or_default().extend(labels.keys().cloned());
        }
        names
    }
}

/// One line of the text form. No value of ours holds a quote or a comma.
fn series(line: &str) -> Option<(String, BTreeMap<String, String>, f64)> {
    let (series, number) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let labels = labels.strip_suffix('}')?.split(',').filter(|label| !label.is_empty());
    let label = |label: &str| {
        let (name, value) = label.split_once('=')?;
        Some((name.to_owned(), value.strip_prefix('"')?.strip_suffix('"')?.to_owned()))
    };
    Some((name.to_owned(), labels.map(label).collect::<Option<_>>()?, number.parse().ok()?))
}

impl Server {
    /// Asks for the metrics.
    pub(crate) async fn scrape(&self) -> Scrape {
        let address = self.metrics().expect("metrics are switched on");
        let answer = self.client().get(address).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        Scrape::parse(&answer.text().await.unwrap())
    }

    /// Asks until they say it.
    pub(crate) async fn scrape_until(&self, says_it: impl Fn(&Scrape) -> bool) -> Scrape {
        let mut scrape = self.scrape().await;
        for _ in 0..600 {
            if says_it(&scrape) {
                return scrape;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            scrape = self.scrape().await;
        }
        panic!("never: {scrape:?}\n{}", self.log());
    }
}
