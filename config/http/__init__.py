"""HTTP around the apps' views: middleware, errors as problems, static files, origins."""
