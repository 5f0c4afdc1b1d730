// SPDX-License-Identifier: MIT
// What an ELF file's headers, libraries and symbols say of its malloc.
#include "probe_elf.h"

#include <gelf.h>
#include <string.h>
#include <unistd.h>

// Names that are signs: of functions that the program defines, or asks others for.
static const struct {
    const char *name;
    bool defined;
    enum probe_sign sign;
} signs[] = {
    {"malloc", true, SIGN_OWN_MALLOC},
    {"pm_version", true, SIGN_POOLS},
    {"je_malloc", true, SIGN_INNER_ALLOCATOR},
    {"mi_malloc", true, SIGN_INNER_ALLOCATOR},
    {"tc_malloc", true, SIGN_INNER_ALLOCATOR},
    {"rpmalloc", true, SIGN_INNER_ALLOCATOR},
    {"_rjem_malloc", true, SIGN_INNER_ALLOCATOR},
    {"__rg_alloc", true, SIGN_RUST_ALLOCATOR},
    {"dlopen", false, SIGN_DLOPEN},
    {"mmap", false, SIGN_MMAP},
    {"mmap64", false, SIGN_MMAP},
    {"sbrk", false, SIGN_BRK},
    {"brk", false, SIGN_BRK},
    {"_exit", false, SIGN_LEAVES_AT_ONCE},
    {"_Exit", false, SIGN_LEAVES_AT_ONCE},
    {"quick_exit", false, SIGN_LEAVES_AT_ONCE},
    {"execve", false, SIGN_EXEC},
    {"execv", false, SIGN_EXEC},
    {"execvp", false, SIGN_EXEC},
    {"execl", false, SIGN_EXEC},
    {"execlp", false, SIGN_EXEC},
    {"fork", false, SIGN_FORK},
    {"vfork", false, SIGN_FORK},
    {"__fpending", false, SIGN_CLOSES_STREAMS},
    {"pthread_create", false, SIGN_THREADS},
};

// Sanitizers that have a malloc of their own: a symbol of theirs, or the library that has it.
static const struct {
    const char *symbol, *library, *name;
} sanitizers[] = {
    {"__asan_init", "libasan.so", "AddressSanitizer"},
    {"__hwasan_init", "libhwasan.so", "HWAddressSanitizer"},
    {"__tsan_init", "libtsan.so", "ThreadSanitizer"},
    {"__msan_init", "libmsan.so", "MemorySanitizer"},
    {"__lsan_init", "liblsan.so", "LeakSanitizer"},
};

static const char *const allocators[] = {"libjemalloc", "libtcmalloc", "libmimalloc", "libsnmalloc",
                                         "libhoard", "librpmalloc", "libtbbmalloc_proxy"};

static bool begins(const char *string, const char *with)
{
    return strncmp(string, with, strlen(with)) == 0;
}

static void read_symbol(struct probe *probe, const char *name, bool is_defined)
{
    for (size_t i = 0; i < ARRAY_LENGTH(signs); i++)
        if (signs[i].defined == is_defined && strcmp(name, signs[i].name) == 0)
            probe->signs |= 1u << signs[i].sign;
    for (size_t i = 0; i < ARRAY_LENGTH(sanitizers); i++)
        if (strcmp(name, sanitizers[i].symbol) == 0)
            probe->sanitizer = sanitizers[i].name;
    if (probe->language == LANGUAGE_OTHER
        && (strcmp(name, "rust_eh_personality") == 0 || begins(name, "__rust_alloc")))
        probe->language = LANGUAGE_RUST;
}

// Of .dynsym everything counts; of .symtab, whose names nobody else sees, not the program's own malloc.
static void read_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct probe *probe)
{
    Elf_Data *data = elf_getdata(section, NULL);
    if (!data || header->sh_entsize == 0)
        return;
    bool had_malloc = probe_has(probe, SIGN_OWN_MALLOC);
    size_t count = data->d_size / header->sh_entsize;
    for (size_t i = 0; i < count; i++) {
        GElf_Sym symbol;
        if (!gelf_getsym(data, (int)i, &symbol))
            return;
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (name)
            read_symbol(probe, name, symbol.st_shndx != SHN_UNDEF);
    }
    if (header->sh_type == SHT_SYMTAB && !had_malloc)
        probe->signs &= ~(1u << SIGN_OWN_MALLOC);
}

static void read_library(struct probe *probe, const char *name)
{
    probe->linked |= begins(name, "libpoolmalloc.so");
    for (size_t i = 0; i < ARRAY_LENGTH(sanitizers); i++)
        if (begins(name, sanitizers[i].library))
            probe->sanitizer = sanitizers[i].name;
    for (size_t i = 0; i < ARRAY_LENGTH(allocators); i++)
        if (begins(name, allocators[i]))
            strncpy(probe->allocator, name, sizeof probe->allocator - 1);
}

static void read_libraries(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct probe *probe)
{
    Elf_Data *data = elf_getdata(section, NULL);
    if (!data || header->sh_entsize == 0)
        return;
    size_t count = data->d_size / header->sh_entsize;
    for (size_t i = 0; i < count; i++) {
        GElf_Dyn entry;
        if (!gelf_getdyn(data, (int)i, &entry))
            return;
        const char *name =
            entry.d_tag == DT_NEEDED ? elf_strptr(elf, header->sh_link, entry.d_un.d_val) : NULL;
        if (name)
            read_library(probe, name);
    }
}

static void read_sections(Elf *elf, struct probe *probe)
{
    size_t names;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        const char *name = elf_strptr(elf, names, header.sh_name);
        if (name && (begins(name, ".go.buildinfo") || begins(name, ".note.go.")))
            probe->language = LANGUAGE_GO;
        if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB)
            read_symbols(elf, section, &header, probe);
        if (header.sh_type == SHT_DYNAMIC)
            read_libraries(elf, section, &header, probe);
    }
}

static void read_loader(Elf *elf, int fd, struct probe *probe)
{
    size_t count;
    if (elf_getphdrnum(elf, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_INTERP)
            continue;
        size_t bytes = min_u64(header.p_filesz, sizeof probe->loader - 1);
        if (pread(fd, probe->loader, bytes, (off_t)header.p_offset) <= 0)
            strcpy(probe->loader, "?"); // damaged: dynamic all the same
    }
}

void probe_elf(int fd, struct probe *probe)
{
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    GElf_Ehdr header;
    if (elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header)) {
        probe->is_elf = true;
        probe->bits = header.e_ident[EI_CLASS] == ELFCLASS32 ? 32 : 64;
        probe->machine = header.e_machine;
        read_loader(elf, fd, probe);
        read_sections(elf, probe);
    }
    if (!probe_has(probe, SIGN_OWN_MALLOC)) // the library without malloc has these names, too
        probe->signs &= ~(1u << SIGN_POOLS);
    elf_end(elf);
}
