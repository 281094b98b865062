//! What the dashboard and the alerts of `deploy/` ask for is what a node tells.

use std::{collections::BTreeSet, env, process::Command};

use guildhall_persistence::Backend;
use serde_json::Value;

use crate::{metrics::measured, support::Installation};

const DASHBOARD: &str = include_str!("../../../../deploy/grafana/guildhall.json");
const RULES: &str = include_str!("../../../../deploy/prometheus/guildhall.rules.yml");

/// What Prometheus adds to each series by itself.
const ADDED_LABELS: [&str; 2] = ["instance", "job"];
/// Prometheus's own.
const ADDED_METRIC: &str = "up";

#[tokio::test]
async fn every_metric_that_is_looked_at_is_told_and_the_other_way_round() {
    let server = measured(Installation::new(Backend::Sqlite)).serve();
    server.get("/api/stats", "nobody").await;
    let told = server.scrape().await.names();
    let dashboard = expressions_of_dashboard();
    let alerts = expressions_of_rules();
    assert!(dashboard.len() > 25, "{dashboard:?}");
    assert_eq!(alerts.len(), RULES.matches("- alert:").count());

    for expression in dashboard.iter().chain(&alerts) {
        let Names { metrics, labels } = names(expression);
        assert!(!metrics.is_empty(), "no metric in {expression}");
        let mut known: BTreeSet<_> = ADDED_LABELS.map(str::to_owned).into();
        for metric in metrics.iter().filter(|metric| *metric != ADDED_METRIC) {
            let of_metric = told.get(metric);
            known.extend(of_metric.unwrap_or_else(|| panic!("{metric} in {expression}")).clone());
        }
        assert!(labels.is_subset(&known), "{labels:?} in {expression}");
    }

    let looked_at: BTreeSet<_> = dashboard.iter().flat_map(|e| names(e).metrics).collect();
    let unseen: Vec<_> = told.keys().filter(|name| !looked_at.contains(*name)).collect();
    assert!(unseen.is_empty(), "no panel shows {unseen:?}");
    let page = include_str!("../../../../docs/observability.md");
    for name in told.keys() {
        let name = ["_bucket", "_count", "_sum"]
            .iter()
            .find_map(|part| name.strip_suffix(part))
            .unwrap_or(name);
        assert!(page.contains(&format!("`{name}`")), "docs/observability.md lacks {name}");
    }
}

#[test]
fn the_dashboard_can_be_imported() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "an id is used twice");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{panel}");
        let place = &panel["gridPos"];
        let right = place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap();
        assert!(right <= 24, "{panel}");
    }
    // Nobody's own data source or number.
    assert!(dashboard["id"].is_null() && dashboard["schemaVersion"].as_u64() >= Some(38));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a switch of the tests, not of the service")]
fn promtool_accepts_the_alerts() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/prometheus");
    for arguments in
        [["check", "rules", "guildhall.rules.yml"], ["test", "rules", "guildhall.rules.test.yml"]]
    {
        match Command::new("promtool").args(arguments).current_dir(folder).output() {
            Ok(output) => {
                let told = String::from_utf8_lossy(&output.stdout).into_owned()
                    + &String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{told}");
            }
            Err(error) => {
                let is_required = env::var_os("GUILDHALL_REQUIRE_PROMTOOL").is_some();
                assert!(!is_required, "promtool: {error}");
                println!("promtool is not installed, so nothing is checked: {error}");
            }
        }
    }
}

#[test]
fn names_are_found_in_expressions() {
    let Names { metrics, labels } = names(
        "sum by (job, le) (rate(a_total{x=\"b{c}\", y!~\"d\"}[5m])) / on (z) e > 0.5e3 and time() - f_1",
    );
    assert_eq!(Vec::from_iter(metrics), ["a_total", "e", "f_1"]);
    assert_eq!(Vec::from_iter(labels), ["job", "le", "x", "y", "z"]);
}

fn expressions_of_dashboard() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// The text behind each `expr:`, on its line or indented below it.
fn expressions_of_rules() -> Vec<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut expressions = Vec::new();
    let mut lines = RULES.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(text) = line.trim_start().strip_prefix("expr: ") else { continue };
        let mut text = text.trim_start_matches('|').to_owned();
        while let Some(more) = lines.next_if(|next| indent(next) > indent(line)) {
            text += more;
        }
        expressions.push(text);
    }
    expressions
}

/// What an expression of Prometheus names.
#[derive(Default)]
struct Names {
    metrics: BTreeSet<String>,
    labels: BTreeSet<String>,
}

fn names(expression: &str) -> Names {
    const GROUPINGS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
    const OPERATORS: [&str; 5] = ["and", "or", "unless", "bool", "offset"];
    // Without what stands in quotes: every second part.
    let parts = expression.split('"').enumerate();
    let text: String = parts.filter(|(number, _)| number % 2 == 0).map(|(_, part)| part).collect();
    let mut found = Names::default();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let (mut rest, mut labels_next) = (text.as_str(), false);
    let mut inside: Vec<char> = Vec::new();
    while let Some(first) = rest.chars().next() {
        if is_part(first) {
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            let is_word = !first.is_ascii_digit();
            // `f(…)` and `sum by (…) (…)` call; a metric has nothing like it behind it.
            let behind = after.trim_start();
            let calls = ["(", "by ", "without "].iter().any(|start| behind.starts_with(start));
            match inside.last() {
                Some('{' | 'L') if is_word => drop(found.labels.insert(word.to_owned())),
                Some('[') => {}
                _ if GROUPINGS.contains(&word) => labels_next = true,
                _ if is_word && !calls && !OPERATORS.contains(&word) => {
                    found.metrics.insert(word.to_owned());
                }
                _ => {}
            }
            continue;
        }
        match first {
            '(' => inside.push(if std::mem::take(&mut labels_next) { 'L' } else { '(' }),
            '{' | '[' => inside.push(first),
            ')' | '}' | ']' => drop(inside.pop()),
            _ => {}
        }
        rest = rest.split_at(first.len_utf8()).1;
    }
    found
}
