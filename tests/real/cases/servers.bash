# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154,SC2016 # helpers.bash sets port and server; $ is for others
# Servers on a free port of 127.0.0.1, under load, and ended in the orderly way.

case_sqlite() {
    uses sqlite3
    sqlite3 file.db <<'TEXT'
create table t (a integer primary key, b text, c blob);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000)
    insert into t select i, 'text ' || (i * 7919 % 5003), zeroblob(i % 300) from n;
create index b on t (b);
select count(*), sum(length(c)), max(b) from t;
select b, count(*) from t group by b order by 2 desc, 1 limit 5;
delete from t where a % 3 = 0;
vacuum;
pragma integrity_check;
TEXT
    sqlite3 file.db .dump | cksum
    status sqlite3 file.db 'select * from nowhere' 2>/dev/null
}

case_redis() {
    uses redis-server redis-benchmark redis-cli
    free_port
    serve redis-server --port "$port" --bind 127.0.0.1 --dir . --save '' --appendonly no --io-threads 2
    within 60 redis-cli -p "$port" ping
    redis-benchmark -p "$port" -q -n "$(pick 3000 50000)" -r 1000 -c 20 -P 4 -d 300 \
        -t set,get,lpush,lpop,sadd,hset,zadd,lrange_100 |
        tr '\r' '\n' | grep 'per second' | without_numbers
    redis-cli -p "$port" eval 'for i = 1, 1000 do redis.call("set", "k" .. i, ("x"):rep(i)) end return redis.call("dbsize") > 1000' 0
    redis-cli -p "$port" strlen k700
    redis-cli -p "$port" save # fork is bgsave
    redis-cli -p "$port" bgsave | cut -c 1-10
    within 60 bash -c "redis-cli -p $port info persistence | grep -q rdb_bgsave_in_progress:0"
    redis-cli -p "$port" debug reload
    redis-cli -p "$port" strlen k700
    redis-cli -p "$port" flushall
    stop
}

case_memcached() {
    needs /usr/bin/python3
    uses memcached
    free_port
    serve memcached -l 127.0.0.1 -p "$port" -u "$(id -un)" -m 64 -t 4
    within 60 port_answers "$port"
    /usr/bin/python3 "$PROGRAMS/memcached.py" "$port" "$(pick 2000 20000)"
    stop
}

# nginx with two workers, in the folder as it is.
start_nginx() {
    mkdir -p www logs
    ln -s /usr/include/linux www/linux
    head -c 300000 "$(lines 10000)" >www/big
    echo hello >www/index.html
    free_port
    cat >nginx.conf <<TEXT
worker_processes 2;
daemon off;
pid nginx.pid;
error_log logs/error.log;
events { worker_connections 200; }
http {
    access_log logs/access.log;
    client_body_temp_path logs; proxy_temp_path logs; fastcgi_temp_path logs;
    uwsgi_temp_path logs; scgi_temp_path logs;
    server {
        listen 127.0.0.1:$port;
        root $PWD/www;
        location / { gzip on; gzip_types *; gzip_min_length 100; }
        location /list/ { alias $PWD/www/linux/; autoindex on; }
        location /proxy/ { proxy_pass http://127.0.0.1:$port/; }
    }
}
TEXT
    nginx -q -t -p "$PWD" -c nginx.conf -e logs/error.log
    serve nginx -p "$PWD" -c nginx.conf -e logs/error.log
    within 60 port_answers "$port"
}

case_nginx() {
    uses nginx ab curl
    start_nginx
    ab -q -c 10 -n "$(pick 2000 50000)" "http://127.0.0.1:$port/" |
        grep -E '^(Complete requests|Failed requests|Document Length|HTML transferred)'
    ab -q -c 10 -k -n "$(pick 500 5000)" "http://127.0.0.1:$port/proxy/big" |
        grep -E '^(Complete requests|Failed requests|Document Length|HTML transferred)'
    curl -s --compressed "http://127.0.0.1:$port/big" | cksum
    curl -s "http://127.0.0.1:$port/list/" | cksum
    kill -HUP "$server" # new workers
    within 60 bash -c '(($(grep -c "" nginx.pid) == 1)) && curl -s http://127.0.0.1:'"$port"'/ | grep -q hello'
    stop QUIT
}

case_wrk() {
    needs nginx
    uses wrk
    start_nginx
    wrk -t 2 -c 20 -d "$(pick 1 10)" "http://127.0.0.1:$port/" | without_numbers | head -n 2
    stop QUIT
}

case_curl() {
    uses curl /usr/bin/python3
    free_port
    mkdir www
    cp "$(lines 10000)" www/text
    serve /usr/bin/python3 -m http.server -b 127.0.0.1 -d www "$port"
    within 60 port_answers "$port"
    curl -s "http://127.0.0.1:$port/text" | cksum
    curl -s --parallel "http://127.0.0.1:$port/text?[1-30]" -o 'out.#1' 2>/dev/null
    cat out.* | cksum
    status curl -s -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:$port/missing"
    status curl -s "http://127.0.0.1:1/"
    stop INT
}

# PostgreSQL refuses to run as root.
postgresql_bin() {
    local folder
    for folder in /usr/lib/postgresql/*/bin; do
        [[ ! -x $folder/initdb ]] || PATH=$folder:$PATH
    done
}

case_postgresql() {
    postgresql_bin
    uses initdb postgres pgbench psql
    local owner=nobody as_owner=()
    mkdir -m 700 data statistics
    if ((UID == 0)); then
        ! id postgres >/dev/null 2>&1 || owner=postgres
        as_owner=(setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups)
        if ! "${as_owner[@]}" test -r "$SOURCE/README.md"; then # nor the configuration
            echo "a folder of this project that $owner may read" >"$NOTES/missing"
            exit 77
        fi
        chown "$owner" . data statistics
    fi
    # The statistics folder must be the user's own.
    [[ -z ${POOLMALLOC:-} ]] || export POOLMALLOC="$POOLMALLOC;stats_dir=$PWD/statistics"
    "${as_owner[@]}" initdb -D data -N -A trust -U admin --no-locale -E UTF8 >initdb.log
    sed 's/ .*//' initdb.log | cksum
    free_port
    serve "${as_owner[@]}" postgres -D data -p "$port" -k "$PWD" -h '' -F \
        -c max_connections=20 -c shared_buffers=16MB -c dynamic_shared_memory_type=mmap
    export PGHOST=$PWD PGPORT=$port PGUSER=admin PGDATABASE=postgres
    within 60 pg_isready
    pgbench -q -i -s 2 2>/dev/null
    pgbench -c 4 -j 2 -t "$(pick 300 5000)" 2>/dev/null |
        grep -E '^(number of transactions|number of failed)' || true
    psql -qAt <<'TEXT'
select count(*), sum(length(filler)) from pgbench_accounts;
select sum(abalance) = (select sum(bbalance) from pgbench_branches) from pgbench_accounts;
set max_parallel_workers_per_gather = 2;
set min_parallel_table_scan_size = 0;
set parallel_setup_cost = 0;
select count(*), count(distinct a.bid) from pgbench_accounts a join pgbench_accounts b using (filler) where a.aid < 3000 and b.aid < 3000 and a.bid = b.bid;
select md5(string_agg(x::text, ',')) from (select x from generate_series(1, 100000) x order by md5(x::text)) s;
select jsonb_agg(i)->3 from generate_series(1, 1000) i;
do $$ begin for i in 1..200 loop begin perform 1 / (i % 2); exception when division_by_zero then null; end; end loop; end $$;
vacuum analyze;
TEXT
    status psql -qAtc 'select nothing' 2>&1
    stop INT
}
