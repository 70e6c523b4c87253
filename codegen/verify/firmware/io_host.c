/* The host's files. */
#include "io.h"

#include <stdio.h>

static FILE *files[4];

int io_open(const char *name, const char *mode)
{
    int handle;
    for (handle = 0; handle < 4; handle++) {
        if (files[handle] == NULL) {
            files[handle] = fopen(name, mode);
            return files[handle] == NULL ? -1 : handle;
        }
    }
    return -1;
}

unsigned io_read(int handle, void *data, unsigned size)
{
    return (unsigned)fread(data, 1, size, files[handle]);
}

int io_write(int handle, const void *data, unsigned size)
{
    return fwrite(data, 1, size, files[handle]) == size ? 0 : 1;
}

void io_close(int handle)
{
    (void)fclose(files[handle]);
    files[handle] = NULL;
}
