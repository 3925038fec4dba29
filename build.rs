fn main() {
    // The addon's link flags are only wanted when the addon itself is built.
    if std::env::var_os("CARGO_FEATURE_ADDON").is_some() {
        napi_build::setup();
        if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "macos") {
            // Otherwise the file is called after the path at which it was linked.
            println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/hawser.node");
        }
    }
}
