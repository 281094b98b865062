//! Holds the direction of dependencies that `docs/architecture.md` draws: every
//! arrow points inward, and adapters never see each other.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

use std::{collections::BTreeSet, process::Command};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// Each crate of the workspace, and which others it is built on.
const EDGES: &[(&str, &[&str])] = &[
    ("guildhall-domain", &[]),
    ("guildhall-application", &["guildhall-audit-log", "guildhall-domain"]),
    (
        "guildhall-persistence",
        &["guildhall-application", "guildhall-audit-log", "guildhall-domain"],
    ),
    ("guildhall-identity", &["guildhall-application", "guildhall-domain"]),
    ("guildhall-http-api", &["guildhall-application", "guildhall-audit-log", "guildhall-domain"]),
    ("guildhall-mail", &["guildhall-application", "guildhall-domain"]),
    ("guildhall-cache", &["guildhall-application", "guildhall-domain"]),
    ("guildhall-client", &[]),
    ("guildhall-audit-log", &[]),
    (
        "guildhall-server",
        &[
            "guildhall-application",
            "guildhall-audit-log",
            "guildhall-cache",
            "guildhall-domain",
            "guildhall-http-api",
            "guildhall-identity",
            "guildhall-mail",
            "guildhall-persistence",
        ],
    ),
];

/// What a crate must not reach, not even by way of another: names, or how they
/// begin.
const OUT_OF_REACH: &[(&str, &[&str])] = &[
    (
        "guildhall-domain",
        &["actix", "argon2", "async-trait", "diesel", "futures", "r2d2", "tokio", "tracing"],
    ),
    ("guildhall-application", &["actix", "argon2", "diesel", "figment", "r2d2", "utoipa"]),
    ("guildhall-persistence", &["actix", "argon2", "utoipa"]),
    ("guildhall-identity", &["actix", "diesel", "r2d2", "utoipa"]),
    ("guildhall-mail", &["actix", "argon2", "diesel", "r2d2", "utoipa"]),
    ("guildhall-cache", &["actix", "argon2", "diesel", "r2d2", "utoipa"]),
    ("guildhall-audit-log", &["actix", "argon2", "diesel", "r2d2", "tokio", "utoipa"]),
    ("guildhall-client", &["actix", "argon2", "diesel", "r2d2", "utoipa"]),
    ("guildhall-http-api", &["argon2", "diesel", "governor", "r2d2"]),
];

#[test]
fn the_crates_depend_on_each_other_as_drawn() {
    let members = members();
    let names: BTreeSet<_> = members.iter().map(|package| package.name.as_str()).collect();
    let drawn: BTreeSet<_> = EDGES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, drawn, "the crates of the workspace, and those that are drawn");

    for (name, allowed) in EDGES {
        let package = members.iter().find(|package| package.name.as_str() == *name).unwrap();
        let allowed: BTreeSet<_> = allowed.iter().copied().collect();
        let siblings = |among: &[DependencyKind]| -> BTreeSet<&str> {
            let dependencies = package.dependencies.iter();
            dependencies
                .filter(|dependency| among.contains(&dependency.kind))
                .map(|dependency| dependency.name.as_str())
                .filter(|name| names.contains(name))
                .collect()
        };

        let built_on = siblings(&[DependencyKind::Normal, DependencyKind::Build]);
        assert_eq!(built_on, allowed, "what {name} is built on");

        let mut tested_with = siblings(&[DependencyKind::Development]);
        // A crate may depend on itself for its tests, to switch a feature on.
        tested_with.remove(name);
        if *name == "guildhall-server" {
            // As a client speaks to it from outside.
            tested_with.remove("guildhall-client");
        }
        assert!(tested_with.is_subset(&allowed), "{name} is tested with {tested_with:?}");
    }
}

#[test]
fn frameworks_are_out_of_reach() {
    for (name, forbidden) in OUT_OF_REACH {
        let reached = reached_by(name);
        assert!(reached.contains("thiserror"), "cargo tree has listed {reached:?}");
        let trespassers: Vec<_> = reached
            .iter()
            .filter(|reached| forbidden.iter().any(|start| reached.starts_with(start)))
            .collect();
        assert!(trespassers.is_empty(), "{name} reaches {trespassers:?}");
    }
}

/// The crates of the workspace, from their manifests alone.
fn members() -> Vec<Package> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    metadata.packages
}

/// The names of all that a crate is built on. `cargo metadata` would resolve
/// the whole workspace at once, for every platform, and have to fetch the
/// packages of those that nobody here builds for.
fn reached_by(name: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--package", name])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).unwrap();
    listed.lines().filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}
