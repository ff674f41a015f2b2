"""Our ends of the wire: HTTP/1.1 and HTTP/2 frame by frame, gRPC, TCP, on one thread."""
