//! What made-up organizations and people are called.

use super::dice::Dice;

const QUALITIES: [&str; 40] = [
    "Amber", "Atlantic", "Beacon", "Birch", "Blue", "Bright", "Cedar", "Central", "Clear",
    "Copper", "Coral", "Crown", "Delta", "Eastern", "Elm", "Falcon", "First", "Garnet", "Golden",
    "Granite", "Green", "Harbor", "Hazel", "Iron", "Ivory", "Juniper", "Lunar", "Maple", "Marble",
    "Meridian", "Northern", "Oak", "Pacific", "Pioneer", "Quartz", "River", "Silver", "Summit",
    "Union", "Western",
];

const TRADES: [&str; 25] = [
    "Analytics",
    "Bakeries",
    "Bank",
    "Biotech",
    "Brewing",
    "Consulting",
    "Dynamics",
    "Energy",
    "Engineering",
    "Foods",
    "Foundry",
    "Freight",
    "Health",
    "Instruments",
    "Insurance",
    "Labs",
    "Logistics",
    "Media",
    "Optics",
    "Partners",
    "Robotics",
    "Software",
    "Systems",
    "Textiles",
    "Works",
];

const FORENAMES: [&str; 24] = [
    "Ada",
    "Alan",
    "Barbara",
    "Claude",
    "Donald",
    "Edsger",
    "Emmy",
    "Frances",
    "Grace",
    "Hedy",
    "Ivan",
    "Jean",
    "Katherine",
    "Linus",
    "Margaret",
    "Niklaus",
    "Radia",
    "Robin",
    "Shafi",
    "Sophie",
    "Tony",
    "Ursula",
    "Vint",
    "Zoë",
];

const SURNAMES: [&str; 24] = [
    "Allen",
    "Bartik",
    "Dijkstra",
    "Engelbart",
    "Floyd",
    "Goldwasser",
    "Hamilton",
    "Hopper",
    "Johnson",
    "Knuth",
    "Lamarr",
    "Liskov",
    "Lovelace",
    "Milner",
    "Naur",
    "Noether",
    "Perlman",
    "Ritchie",
    "Shannon",
    "Sutherland",
    "Turing",
    "Wilkes",
    "Wilson",
    "Wirth",
];

/// The name of an organization and the domain it would have; both are no other's.
pub(super) fn organization(index: u32) -> (String, String) {
    let [qualities, trades] = [QUALITIES.len(), TRADES.len()];
    let number = index as usize;
    let quality = QUALITIES.get(number % qualities).copied().unwrap_or_default();
    let trade = TRADES.get(number / qualities % trades).copied().unwrap_or_default();
    let (name, host) = match number / (qualities * trades) {
        0 => (format!("{quality} {trade}"), format!("{quality}-{trade}")),
        round => {
            let round = round + 1;
            (format!("{quality} {trade} {round}"), format!("{quality}-{trade}-{round}"))
        }
    };
    (name, format!("{}.example", host.to_lowercase()))
}

/// A forename and a surname, which others may have too.
pub(super) fn person(dice: &mut Dice) -> (&'static str, &'static str) {
    let forename = dice.pick(&FORENAMES).copied().unwrap_or("Ada");
    (forename, dice.pick(&SURNAMES).copied().unwrap_or("Lovelace"))
}
