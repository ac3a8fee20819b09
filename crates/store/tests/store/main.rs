//! What the database must hold, on SQLite and on PostgreSQL.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod checking;
#[cfg(test)]
mod deadlines;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod migrating;
#[cfg(test)]
mod queue;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod self_control;
#[cfg(test)]
mod similar;
#[cfg(test)]
mod storm;
#[cfg(test)]
mod uploads;
#[cfg(test)]
mod writing;
