//! parlor-server
