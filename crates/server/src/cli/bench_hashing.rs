//! `guildhall bench-hashing`, which is hidden: what sign-ins are measured against.

use std::{
    num::NonZeroUsize,
    sync::Arc,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use clap::Args;
use guildhall_application::{
    demo::DEMO_PASSWORD,
    ports::{HashingError, PasswordHasher},
};
use guildhall_domain::Password;
use guildhall_identity::{Argon2Hasher, HasherOptions};
use tokio::task::JoinSet;

use super::block_on;
use crate::output::{self, Failure};

#[derive(Args)]
pub(super) struct BenchHashingArguments {
    /// For how many seconds
    #[arg(long, value_name = "COUNT", default_value_t = 3)]
    seconds: u64,
}

/// Checks passwords, as many at a time as there are cores and with nothing else to do,
/// and prints how many a second.
pub(super) fn run(arguments: &BenchHashingArguments) -> Result<(), Failure> {
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    let options = HasherOptions { parallelism: cores, queue: cores, wait: Duration::from_mins(1) };
    let hasher = Arc::new(Argon2Hasher::new(options).map_err(Failure::failed)?);
    let password = Password::parse(DEMO_PASSWORD.to_owned()).map_err(Failure::failed)?;
    let began = Instant::now();
    let until = began + Duration::from_secs(arguments.seconds);
    let checked = block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..cores {
            let (hasher, password) = (Arc::clone(&hasher), password.clone());
            tasks.spawn(async move {
                let mut checked = 0_u32;
                while Instant::now() < until {
                    hasher.verify(&password, None).await?;
                    checked += 1;
                }
                Ok::<_, HashingError>(checked)
            });
        }
        tasks.join_all().await.into_iter().sum::<Result<u32, _>>().map_err(Failure::failed)
    })?;
    output::line(format!("{:.2}", f64::from(checked) / began.elapsed().as_secs_f64()));
    Ok(())
}
