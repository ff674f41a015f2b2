/* Runs inside a container of ours, alone in its image, and tells what it may do. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int tells(void) {
  char line[256];
  FILE* status = fopen("/proc/self/status", "r");
  printf("user %d:%d\n", (int)getuid(), (int)getgid());
  while (fgets(line, sizeof line, status)) {
    if (!strncmp(line, "CapEff", 6) || !strncmp(line, "NoNewPrivs", 10)) printf("%s", line);
  }
  fprintf(stderr, "a warning\n");
  return 0;
}

static int writes(const char* path) {
  int file = open(path, O_WRONLY | O_CREAT, 0644);
  printf("%s\n", file < 0 ? strerror(errno) : "written");
  return 0;
}

static int connects(const char* port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  int one = socket(AF_INET, SOCK_STREAM, 0);
  printf("%s\n", connect(one, (struct sockaddr*)&to, sizeof to) ? "no" : "connected");
  return 0;
}

static int eats(void) {
  for (;;) {
    char* volatile block = malloc(1 << 20);
    if (!block) return 3;
    memset(block, 1, 1 << 20);
  }
}

int main(int count, char** words) {
  const char* what = count > 1 ? words[1] : "tells";
  if (!strcmp(what, "writes")) return writes(words[2]);
  if (!strcmp(what, "connects")) return connects(words[2]);
  if (!strcmp(what, "eats")) return eats();
  if (!strcmp(what, "waits")) return pause();
  if (!strcmp(what, "prints")) {
    for (int i = 0; i < atoi(words[2]); ++i) printf("%01023d\n", i);
    return 0;
  }
  if (!strcmp(what, "fails")) return atoi(words[2]);
  return tells();
}
