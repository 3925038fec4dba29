fn main() {
    // The addon's link flags are only wanted when the addon itself is built.
    if std::env::var_os("CARGO_FEATURE_ADDON").is_some() {
        napi_build::setup();
    }
}
