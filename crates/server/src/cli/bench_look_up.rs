//! `guildhall bench-look-up`, which is hidden: the part of a sign-in that could take longer
//! where there are more users.

use std::{
    io,
    time::{Duration, Instant},
};

use clap::Args;
use guildhall_application::ports::UserQueries;
use guildhall_domain::EmailAddress;

use super::block_on;
use crate::{
    config::Configuration,
    output::{self, Failure},
    wiring::Service,
};

#[derive(Args)]
pub(super) struct BenchLookUpArguments {
    /// For how many seconds
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    seconds: u64,
}

/// Finds the users with the addresses on standard input, one a line, one after the other
/// and from the beginning again, and prints how many a second.
pub(super) fn run(
    configuration: &Configuration,
    arguments: &BenchLookUpArguments,
) -> Result<(), Failure> {
    let addresses = io::read_to_string(io::stdin()).map_err(Failure::failed)?;
    let addresses: Vec<EmailAddress> =
        addresses.lines().map(str::parse).collect::<Result<_, _>>().map_err(Failure::usage)?;
    let store = Service::new(configuration)?.store;
    let began = Instant::now();
    let until = began + Duration::from_secs(arguments.seconds);
    let found = block_on(async {
        let mut found = 0_u32;
        for address in addresses.iter().cycle().take_while(|_| Instant::now() < until) {
            if store.by_email(address).await.map_err(Failure::failed)?.is_none() {
                return Err(Failure::failed(format!("Nobody has the address {address}.")));
            }
            found += 1;
        }
        Ok(found)
    })?;
    output::line(format!("{:.2}", f64::from(found) / began.elapsed().as_secs_f64()));
    Ok(())
}
