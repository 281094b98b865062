//! Reads settings one by one and collects what is wrong with them.

use std::{
    fmt::Display,
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use ipnet::IpNet;
use tracing_subscriber::EnvFilter;

use super::{keys, sources::Sources};
use crate::output::Failure;

/// Reads settings; what it cannot take becomes a fault and counts as not set.
pub(super) struct Reader<'a> {
    sources: &'a Sources,
    faults: Vec<String>,
}

impl<'a> Reader<'a> {
    /// A reader that has complained already about what is no setting.
    pub(super) fn new(sources: &'a Sources) -> Self {
        Self { sources, faults: sources.unknown().to_vec() }
    }

    /// Whether a setting is set, rightly or not.
    pub(super) fn is_set(&self, path: &str) -> bool {
        self.sources.get(path).is_some()
    }

    /// Adds a fault that is not one setting's.
    pub(super) fn fault(&mut self, fault: impl Into<String>) {
        self.faults.push(fault.into());
    }

    /// A setting that `parse` understands.
    pub(super) fn value<T, E: Display>(
        &mut self,
        path: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = &self.sources.get(path)?.text;
        let quoted = format!("; it is `{text}`");
        self.parsed(path, &quoted, |text| parse(text.trim()))
    }

    /// The same for a setting whose value must not be repeated, nor trimmed.
    pub(super) fn secret<T, E: Display>(
        &mut self,
        path: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.parsed(path, "", parse)
    }

    fn parsed<T, E: Display>(
        &mut self,
        path: &str,
        quoted: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let setting = self.sources.get(path)?;
        parse(&setting.text)
            .map_err(|error| {
                let variable = keys::by_path(path).map_or("", |key| key.variable);
                let from = &setting.source;
                let at = if from == variable {
                    variable.to_owned()
                } else {
                    format!("`{path}` ({variable}) from {from}")
                };
                self.faults.push(format!("{at} {error}{quoted}"));
            })
            .ok()
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&mut self, path: &str, words: &[(&str, T)]) -> Option<T> {
        self.value(path, |text| {
            let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
            found.map(|(_, value)| *value).ok_or_else(|| {
                let words: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
                format!("must be {}", words.join(" or "))
            })
        })
    }

    /// A whole number within bounds.
    pub(super) fn number<T: FromStr + PartialOrd + Display>(
        &mut self,
        path: &str,
        bounds: RangeInclusive<T>,
    ) -> Option<T> {
        self.value(path, |text| {
            let number = text.parse().ok().filter(|number| bounds.contains(number));
            number.ok_or_else(|| {
                format!("must be a whole number from {} to {}", bounds.start(), bounds.end())
            })
        })
    }

    /// A number of seconds within bounds.
    pub(super) fn seconds(&mut self, path: &str, bounds: RangeInclusive<u64>) -> Option<Duration> {
        self.number(path, bounds).map(Duration::from_secs)
    }

    /// Values with commas between them.
    pub(super) fn list<T, E: Display>(
        &mut self,
        path: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let list = self.value(path, |text| {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            parts.map(parse).collect::<Result<Vec<_>, E>>()
        });
        list.unwrap_or_default()
    }

    /// What was read, if nothing was wrong.
    ///
    /// # Errors
    ///
    /// Every fault.
    pub(super) fn finish<T>(self, configuration: T) -> Result<T, Failure> {
        if self.faults.is_empty() {
            return Ok(configuration);
        }
        let faults = self.faults.join("\n  - ");
        Err(Failure::usage(format!("The configuration is wrong:\n  - {faults}")))
    }
}

pub(super) fn socket_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "must be ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080")
}

/// A web address without a path, as it is without its last slash.
pub(super) fn web_address(text: &str) -> Result<String, &'static str> {
    let address = text.strip_suffix('/').unwrap_or(text);
    let host = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let is_host = |host: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        !host.is_empty() && host.chars().all(is_plain)
    };
    if host.is_some_and(is_host) {
        Ok(address.to_owned())
    } else {
        Err("must be like https://guildhall.acme.com, without a path")
    }
}

/// A network, or a single address.
pub(super) fn network(text: &str) -> Result<IpNet, &'static str> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "must be addresses or networks, such as 10.0.0.0/8, with commas between them")
}

pub(super) fn folder(text: &str) -> Result<PathBuf, &'static str> {
    let path = PathBuf::from(text);
    if path.is_absolute() { Ok(path) } else { Err("must be the absolute path of a folder") }
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => {
            Err(format!("must be a level or directives such as info,guildhall=debug ({error})"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses() {
        for (text, taken) in [
            ("https://guildhall.acme.com", true),
            ("https://guildhall.acme.com/", true),
            ("http://localhost:8080", true),
            ("http://[::1]:8080", true),
            ("guildhall.acme.com", false),
            ("ftp://acme.com", false),
            ("https://", false),
            ("https://acme.com/path", false),
            ("https://acme.com\r\nx: y", false),
            ("https://user@acme.com", false),
        ] {
            assert_eq!(web_address(text).is_ok(), taken, "{text}");
        }
    }

    #[test]
    fn networks() {
        for (text, taken) in [
            ("10.0.0.0/8", true),
            ("192.0.2.1", true),
            ("::1", true),
            ("x", false),
            ("10.0.0.0/33", false),
        ] {
            assert_eq!(network(text).is_ok(), taken, "{text}");
        }
    }
}
