// SPDX-License-Identifier: MIT
// daemonize PIDFILE: leaves a daemon behind that allocates now and then until it is killed; its
// descriptors lead to /dev/null.
#include <fcntl.h>
#include "expect.h"

int main(int argc, char **argv)
{
    pid_t daemon_id = fork();
    EXPECT(daemon_id >= 0);
    if (daemon_id > 0)
        return 0;
    alarm(SECONDS_MAX);
    setsid();
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; fd++)
        EXPECT(dup2(null, fd) == fd);
    FILE *file = fopen(argv[1], "w");
    EXPECT(file && fprintf(file, "%d\n", getpid()) > 0 && fclose(file) == 0);
    for (;; usleep(10000))
        free(malloc(100));
}
