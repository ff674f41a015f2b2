"""An OCI image-layout folder as a store."""
