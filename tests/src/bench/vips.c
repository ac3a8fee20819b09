/* What libvips needs for the same two pictures, in one decode chain: a viewing copy of 1600 pixels and a thumbnail of
   320 made from it. Prints the processor time in microseconds. Declares the few functions it calls, so that the
   library alone is enough and no headers need be installed. */
#include <stdio.h>
#include <sys/resource.h>

typedef struct _VipsImage VipsImage;
int vips_init(const char *name);
int vips_thumbnail(const char *file, VipsImage **out, int width, ...);
int vips_thumbnail_image(VipsImage *in, VipsImage **out, int width, ...);
int vips_jpegsave(VipsImage *in, const char *file, ...);
VipsImage *vips_image_copy_memory(VipsImage *in);
const char *vips_error_buffer(void);
void g_object_unref(void *object);

#define SIZE_DOWN 2

static long long used(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static int shrink(const char *folder, int number, const char *file) {
    VipsImage *lazy, *view, *thumbnail;
    char name[4096];
    if (vips_thumbnail(file, &lazy, 1600, "height", 1600, "size", SIZE_DOWN, NULL)) return -1;
    if (!(view = vips_image_copy_memory(lazy))) return -1;
    snprintf(name, sizeof name, "%s/view-%d.jpg", folder, number);
    if (vips_jpegsave(view, name, "Q", 82, "strip", 1, NULL)) return -1;
    if (vips_thumbnail_image(view, &thumbnail, 320, "height", 320, "size", SIZE_DOWN, NULL)) return -1;
    snprintf(name, sizeof name, "%s/thumbnail-%d.jpg", folder, number);
    if (vips_jpegsave(thumbnail, name, "Q", 75, "strip", 1, NULL)) return -1;
    g_object_unref(thumbnail);
    g_object_unref(view);
    g_object_unref(lazy);
    return 0;
}

/* vips FOLDER PHOTO...: writes view-N.jpg and thumbnail-N.jpg into the folder. */
int main(int count, char **words) {
    if (count < 3 || vips_init(words[0])) return 2;
    /* Once unmeasured: the library loads its operations. */
    int failed = shrink(words[1], 0, words[2]);
    long long before = used();
    for (int number = 0; number < count - 2 && !failed; number++) failed = shrink(words[1], number, words[number + 2]);
    if (failed) {
        fprintf(stderr, "%s\n", vips_error_buffer());
        return 1;
    }
    printf("%lld\n", used() - before);
    return 0;
}
