//! What must hold of a case: every step in every stage, every named refusal, and any order of steps.

mod build;
mod comparison;
mod decisions;
mod endings;
mod evidence;
mod liveness;
mod mediation;
mod parties;
mod random;
mod reports;
mod retention;
mod review;
mod scribes;
mod signing;
mod sketching;
mod standing;
mod stored;
mod submissions;
mod table;
