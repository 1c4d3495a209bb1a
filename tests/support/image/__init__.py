"""`make image-test`: the image is built, and docker-compose.yml run, by a real container engine."""
