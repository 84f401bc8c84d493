"""Who is compared: how each is configured and started, all in front of the same upstream.

The peers' configuration is fixed: nginx with one worker, upstream keep-alive of 256, HTTP/1.1 upstream, with
its default buffering and without; HAProxy with one thread and http-reuse always. What each has of counters
and of health checks is on: nginx's stub_status and its passive checks, HAProxy's Prometheus page and a check a
second, our metrics and a probe a second. `relay` is no proxy: it copies bytes."""
import os
import subprocess
from dataclasses import dataclass

from stage import find, free_port

PEERS = ("nginx", "nginx-unbuffered", "haproxy")
OURS = "foretide"


@dataclass
class Setting:
    """What a scenario asks of its contenders."""
    upstream: int
    tls: bool = False
    threads: int = 1


def certificate(stage):
    """One ECDSA P-256 key and certificate for all."""
    key, cert = (os.path.join(stage.folder, name) for name in ("key.pem", "cert.pem"))
    if not os.path.exists(cert):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=localhost"],
                       check=True, capture_output=True)
        with open(key) as k, open(cert) as c:
            stage.write("both.pem", c.read() + k.read())
    return cert, key, os.path.join(stage.folder, "both.pem")


def nginx_config(stage, name, http):
    folder = stage.folder
    return stage.write(
        name + ".conf",
        f"worker_processes 1; daemon off; master_process off; pid {folder}/{name}.pid;\n"
        f"error_log {folder}/{name}.err;\n"
        "events { worker_connections 4096; }\n"
        f"http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {folder};\n"
        f"proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};\n"
        f"scgi_temp_path {folder};\n{http}\n}}\n")


def start_nginx_upstream(stage, cores, body):
    port = free_port()
    config = nginx_config(
        stage, "upstream", f'server {{ listen 127.0.0.1:{port}; location / {{ return 200 "{body}"; }} }}')
    stage.start("upstream", [find("nginx"), "-c", config], cores, port)
    return port


def start_nginx(stage, name, setting, cores):
    port, metrics = free_port(), free_port()
    buffering = "off" if name == "nginx-unbuffered" else "on"
    cert, key, _ = certificate(stage) if setting.tls else (None, None, None)
    listen = f"listen 127.0.0.1:{port};"
    if setting.tls:
        # The protocols as Debian's nginx.conf has them: nginx's own default stops at TLS 1.2.
        listen = (f"listen 127.0.0.1:{port} ssl http2; ssl_certificate {cert}; ssl_certificate_key {key};\n"
                  "ssl_protocols TLSv1.2 TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;")
    config = nginx_config(
        stage, name,
        f"upstream up {{ server 127.0.0.1:{setting.upstream}; keepalive 256; "
        "keepalive_requests 100000000; }\n"
        f"server {{ listen 127.0.0.1:{metrics}; location / {{ stub_status; }} }}\n"
        f"server {{ {listen} location / {{ proxy_pass http://up;\n"
        f'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering {buffering}; }} }}')
    return stage.start(name, [find("nginx"), "-c", config], cores, port), port


def start_haproxy(stage, name, setting, cores):
    port, metrics = free_port(), free_port()
    bind = f"127.0.0.1:{port}"
    if setting.tls:
        bind += f" ssl crt {certificate(stage)[2]} alpn h2,http/1.1 ciphersuites TLS_AES_128_GCM_SHA256"
    path = stage.write(
        "haproxy.cfg",
        f"global\n  nbthread {setting.threads}\n  maxconn 4096\n"
        "defaults\n  mode http\n  timeout client 75s\n  timeout server 30s\n"
        "  timeout connect 5s\n  http-reuse always\n"
        f"frontend metrics\n  bind 127.0.0.1:{metrics}\n"
        "  http-request use-service prometheus-exporter\n"
        f"frontend in\n  bind {bind}\n  default_backend up\n"
        f"backend up\n  option httpchk GET /\n  server s 127.0.0.1:{setting.upstream} check inter 1s\n")
    return stage.start(name, [find("haproxy"), "-db", "-f", path], cores, port), port


def start_relay(stage, name, setting, cores):
    port = free_port()
    command = [stage.program("bench-relay"), str(port), str(setting.upstream)]
    return stage.start(name, command, cores, port), port


def balancer_config(stage, port, upstreams, tls=False, name="balancer", more=""):
    """`more` of the service's keys: ", key: value"."""
    listen = f'traffic: ["127.0.0.1:{port}"]'
    if tls:
        cert, key, _ = certificate(stage)
        listen = (f'traffic: ["127.0.0.1:{free_port()}"], tls: {{addresses: ["127.0.0.1:{port}"], '
                  f"certificates: [{{certificate: {cert}, key: {key}}}]}}")
    addresses = ", ".join(f'"127.0.0.1:{upstream}"' for upstream in upstreams)
    return stage.write(
        name + ".yaml",
        f'version: 1\nlisten: {{{listen}, balancer_admin: "127.0.0.1:{free_port()}"}}\n'
        f"services:\n  web: {{upstreams: [{addresses}]{more}}}\n")


def start_foretide(stage, name, setting, cores):
    port = free_port()
    path = balancer_config(stage, port, [setting.upstream], setting.tls, name,
                           more=", probe: {ready: {http: /, interval: 1s}}")
    command = [stage.program("foretide-balancer"), "--standalone", "--config", path,
               "--log-level", "warn", "--threads", str(setting.threads)]
    return stage.start(name, command, cores, port), port


START = {"relay": start_relay, "nginx": start_nginx, "nginx-unbuffered": start_nginx,
         "haproxy": start_haproxy, OURS: start_foretide}
