"""The services of docker-compose.yml started by hand, behind Caddy."""
