//! The migrations are embedded by a macro, which Cargo does not see through: a
//! new folder of them must rebuild this crate.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
