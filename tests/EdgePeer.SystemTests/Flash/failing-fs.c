/*
 * A file system that passes everything on to a directory, and fails some of the writes and syncs when told to.
 *
 *   failing-fs SOURCE CONTROL MOUNTPOINT [fuse options]
 *
 * CONTROL is a file of one line, read at each call: "EIO-WRITES EIO-SYNCS NO-SPACE" in percent. A write that fails may have written
 * its first half.
 */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *source, *control;

static const char *real(const char *path, char *into)
{
    snprintf(into, PATH_MAX, "%s%s", source, path);
    return into;
}

/* which: 0 EIO of writes, 1 EIO of syncs, 2 no space */
static int fails(int which)
{
    int percent[3] = {0, 0, 0};
    FILE *file = fopen(control, "r");
    if (file) {
        if (fscanf(file, "%d %d %d", &percent[0], &percent[1], &percent[2]) != 3)
            percent[which] = 0;
        fclose(file);
    }
    return rand() % 100 < percent[which];
}

static int result(long value) { return value < 0 ? -errno : (int)value; }

static int do_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
    char p[PATH_MAX];
    (void)fi;
    return result(lstat(real(path, p), st));
}

static int do_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *fi, enum fuse_readdir_flags flags)
{
    char p[PATH_MAX];
    DIR *dir = opendir(real(path, p));
    struct dirent *entry;
    (void)offset, (void)fi, (void)flags;
    if (!dir)
        return -errno;
    while ((entry = readdir(dir)))
        fill(buffer, entry->d_name, NULL, 0, 0);
    closedir(dir);
    return 0;
}

static int do_mkdir(const char *path, mode_t mode) { char p[PATH_MAX]; return result(mkdir(real(path, p), mode)); }
static int do_unlink(const char *path) { char p[PATH_MAX]; return result(unlink(real(path, p))); }
static int do_rmdir(const char *path) { char p[PATH_MAX]; return result(rmdir(real(path, p))); }
static int do_chmod(const char *path, mode_t mode, struct fuse_file_info *fi) { char p[PATH_MAX]; (void)fi; return result(chmod(real(path, p), mode)); }

static int do_rename(const char *from, const char *to, unsigned int flags)
{
    char a[PATH_MAX], b[PATH_MAX];
    return flags ? -EINVAL : result(rename(real(from, a), real(to, b)));
}

static int do_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
    char p[PATH_MAX];
    return result(fi ? ftruncate((int)fi->fh, size) : truncate(real(path, p), size));
}

static int opened(int file, struct fuse_file_info *fi)
{
    if (file < 0)
        return -errno;
    fi->fh = (uint64_t)file;
    fi->direct_io = 1;
    return 0;
}

static int do_open(const char *path, struct fuse_file_info *fi)
{
    char p[PATH_MAX];
    return opened(open(real(path, p), fi->flags), fi);
}

static int do_create(const char *path, mode_t mode, struct fuse_file_info *fi)
{
    char p[PATH_MAX];
    return fails(2) ? -ENOSPC : opened(open(real(path, p), fi->flags | O_CREAT, mode), fi);
}

static int do_read(const char *path, char *buffer, size_t size, off_t offset, struct fuse_file_info *fi)
{
    (void)path;
    return result(pread((int)fi->fh, buffer, size, offset));
}

static int do_write(const char *path, const char *buffer, size_t size, off_t offset, struct fuse_file_info *fi)
{
    int why = fails(0) ? EIO : fails(2) ? ENOSPC : 0;
    (void)path;
    if (!why)
        return result(pwrite((int)fi->fh, buffer, size, offset));
    if (rand() % 2 && pwrite((int)fi->fh, buffer, size / 2, offset) < 0)
        return -errno;
    return -why;
}

static int do_fsync(const char *path, int data, struct fuse_file_info *fi)
{
    (void)path;
    if (fails(1))
        return -EIO;
    return result(data ? fdatasync((int)fi->fh) : fsync((int)fi->fh));
}

static int do_opendir(const char *path, struct fuse_file_info *fi)
{
    char p[PATH_MAX];
    int file = open(real(path, p), O_RDONLY | O_DIRECTORY);
    fi->fh = (uint64_t)file;
    return file < 0 ? -errno : 0;
}

static int do_release(const char *path, struct fuse_file_info *fi) { (void)path; close((int)fi->fh); return 0; }

static const struct fuse_operations operations = {
    .getattr = do_getattr, .readdir = do_readdir, .mkdir = do_mkdir, .unlink = do_unlink, .rmdir = do_rmdir, .chmod = do_chmod,
    .rename = do_rename, .truncate = do_truncate, .open = do_open, .create = do_create, .read = do_read, .write = do_write,
    .fsync = do_fsync, .opendir = do_opendir, .releasedir = do_release, .fsyncdir = do_fsync, .release = do_release,
};

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: failing-fs SOURCE CONTROL MOUNTPOINT [options]\n");
        return 2;
    }
    source = argv[1];
    control = argv[2];
    argv[2] = argv[0];
    return fuse_main(argc - 2, argv + 2, &operations, NULL);
}
