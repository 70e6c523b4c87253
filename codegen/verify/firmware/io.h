/* Files of the machine that runs the test: the host's own, or through semihosting. */
#ifndef IO_H
#define IO_H

/* Opens a file in the working folder; mode is "rb" or "wb". Gives a handle, or -1. */
int io_open(const char *name, const char *mode);

/* Reads up to size bytes and gives how many came. */
unsigned io_read(int handle, void *data, unsigned size);

/* Writes size bytes; returns 0 where all were written. */
int io_write(int handle, const void *data, unsigned size);

void io_close(int handle);

#endif
