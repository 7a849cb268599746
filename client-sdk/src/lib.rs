//! parlor-client
