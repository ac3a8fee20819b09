//! A pack that was made once gets the same answer for ever.
