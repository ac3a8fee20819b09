//! Court packs from outside: what holds, and that nothing can be changed unnoticed.

mod changed;
mod draft;
mod hostile;
mod same_for_ever;
mod stamped;
