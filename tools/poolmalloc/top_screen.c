// SPDX-License-Identifier: MIT
// The full-screen view of `poolmalloc top` (ncursesw). Keeps what is chosen and shows grids of text.
#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "print.h"
#include "table.h"
#include "top.h"

enum { PAIR_HEAD = 1, PAIR_BAD, PAIR_WEAK, PAIR_CHOSEN, LINES_ABOVE = 4 };

struct screen {
    struct top *top;
    struct top_grid grid;
    const struct top_watch *opened; // NULL: all processes
    uint64_t chosen;    // process id of the row that is chosen
    unsigned chosen_row, first_row;
    unsigned sort[2];   // of processes, of pools
    bool ascending[2];
    bool paused, help, quit;
    double seconds;
};

static void start_colours(void)
{
    const char *no_color = getenv("NO_COLOR");
    if (!has_colors() || (no_color && *no_color))
        return;
    start_color();
    use_default_colors();
    init_pair(PAIR_HEAD, COLOR_CYAN, -1);
    init_pair(PAIR_BAD, COLOR_RED, -1);
    init_pair(PAIR_WEAK, COLORS > 8 ? 8 : COLOR_BLUE, -1);
    init_pair(PAIR_CHOSEN, COLOR_BLACK, COLOR_CYAN);
}

static int width_of(const char *text)
{
    wchar_t wide[TOP_CELL];
    size_t length = mbstowcs(wide, text, TOP_CELL);
    int width = length == (size_t)-1 ? -1 : wcswidth(wide, length);
    return width < 0 ? (int)strlen(text) : width;
}

static const char *heading(const struct top_grid *grid, unsigned column)
{
    return grid->headings[column] + (grid->headings[column][0] == '<');
}

// A mark at the heading that the rows are sorted by.
static int heading_width(const struct top_grid *grid, unsigned column)
{
    return (int)strlen(heading(grid, column)) + 1;
}

static void measure(const struct top_grid *grid, int *width)
{
    for (unsigned column = 0; column < grid->columns; column++) {
        width[column] = heading_width(grid, column);
        for (unsigned i = 0; i < grid->count; i++)
            width[column] = (int)max_u64((uint64_t)width[column],
                                         (uint64_t)width_of(grid->rows[i].cells[column]));
    }
}

static void draw_cell(int line, int *at, const char *text, int width, bool left)
{
    int own = width_of(text);
    if (*at < COLS)
        mvaddnstr(line, *at + (left ? 0 : width - own), text, -1);
    *at += width + 2;
}

static void draw_headings(const struct screen *screen, const int *width)
{
    const struct top_grid *grid = &screen->grid;
    unsigned view = screen->opened != NULL;
    int at = 0;
    attrset(A_BOLD | A_REVERSE);
    mvhline(LINES_ABOVE - 1, 0, ' ' | A_REVERSE, COLS);
    for (unsigned column = 0; column < grid->columns; column++) {
        char text[32];
        const char *mark = column != screen->sort[view] ? "" : screen->ascending[view] ? "^" : "v";
        snprintf(text, sizeof text, "%s%s", heading(grid, column), mark);
        draw_cell(LINES_ABOVE - 1, &at, text, width[column], grid->headings[column][0] == '<');
    }
    attrset(A_NORMAL);
}

static void draw_row(const struct screen *screen, unsigned index, const int *width)
{
    const struct top_grid *grid = &screen->grid;
    const struct top_row *row = &grid->rows[index];
    int line = LINES_ABOVE + (int)(index - screen->first_row), at = 0;
    bool chosen = index == screen->chosen_row;
    attrset(chosen && !has_colors() ? A_REVERSE
            : chosen ? COLOR_PAIR(PAIR_CHOSEN) : row->bad ? COLOR_PAIR(PAIR_BAD)
            : row->weak ? COLOR_PAIR(PAIR_WEAK) : A_NORMAL);
    if (chosen)
        mvhline(line, 0, ' ', COLS);
    for (unsigned column = 0; column < grid->columns; column++)
        draw_cell(line, &at, row->cells[column], width[column], grid->headings[column][0] == '<');
    attrset(A_NORMAL);
}

static void draw_head(const struct screen *screen)
{
    const struct top *top = screen->top;
    unsigned running = 0;
    double used = 0;
    attrset(A_BOLD | COLOR_PAIR(PAIR_HEAD));
    if (screen->opened) {
        const struct top_watch *watch = screen->opened;
        mvprintw(0, 0, "%s", watch->program);
        attrset(A_NORMAL);
        printw("  pid %lu, %s, %s", (unsigned long)watch->process_id, format_states[watch->state],
               table_time(watch->milliseconds));
        mvprintw(1, 0, "oversize: %lu requests, %lu to the next malloc, %lu failed",
                 (unsigned long)watch->now.oversize, (unsigned long)watch->now.oversize_fell_back,
                 (unsigned long)watch->now.oversize_failed);
        return;
    }
    for (unsigned i = 0; i < top->count; i++) {
        running += top->watches[i]->state == FORMAT_RUNNING;
        used += print_used_bytes(&top->watches[i]->now);
    }
    mvprintw(0, 0, "poolmalloc top");
    attrset(A_NORMAL);
    printw("  every %g s%s", screen->seconds, screen->paused ? ", paused" : "");
    mvprintw(1, 0, "%u processes on pools, %s in use", running, table_bytes(used));
    if (top->dead > 0)
        printw("; of %u dead there are statistics as well (poolmalloc stats)", top->dead);
}

static void draw_help(void)
{
    static const char *const lines[] = {
        "up, down     choose a process            Enter, right   its pools",
        "left, Esc    back to all processes       < and >        sort by another column",
        "r            the other way round         p, space       pause",
        "c            drop those that are gone    q              quit",
        "", "REQ/S requests, EMPTY times a pool was empty, FALLBACK requests for the next malloc,",
        "WASTE bytes handed out that nobody asked for, all a second where it says /S."};
    for (unsigned i = 0; i < ARRAY_LENGTH(lines); i++)
        mvaddnstr(LINES_ABOVE + (int)i, 2, lines[i], COLS - 2);
}

static void keep_choice_in_view(struct screen *screen)
{
    const struct top_grid *grid = &screen->grid;
    unsigned room = LINES > LINES_ABOVE + 1 ? (unsigned)(LINES - LINES_ABOVE - 1) : 1;
    for (unsigned i = 0; !screen->opened && i < grid->count; i++)
        if (grid->rows[i].watch->process_id == screen->chosen)
            screen->chosen_row = i;
    if (screen->chosen_row >= grid->count)
        screen->chosen_row = grid->count ? grid->count - 1 : 0;
    if (screen->chosen_row < screen->first_row)
        screen->first_row = screen->chosen_row;
    if (screen->chosen_row >= screen->first_row + room)
        screen->first_row = screen->chosen_row - room + 1;
}

static void draw(struct screen *screen)
{
    int width[TOP_COLUMNS];
    if (screen->opened)
        top_grid_pools(screen->opened, screen->sort[1], screen->ascending[1], &screen->grid);
    else
        top_grid_processes(screen->top, screen->sort[0], screen->ascending[0], &screen->grid);
    keep_choice_in_view(screen);
    measure(&screen->grid, width);
    erase();
    draw_head(screen);
    draw_headings(screen, width);
    for (unsigned i = screen->first_row; !screen->help && i < screen->grid.count; i++)
        if (LINES_ABOVE + (int)(i - screen->first_row) < LINES - 1)
            draw_row(screen, i, width);
    if (screen->help)
        draw_help();
    else if (screen->grid.count == 0)
        mvaddstr(LINES_ABOVE + 1, 2, "No process on pools is running; poolmalloc run PROGRAM starts one.");
    attrset(A_REVERSE);
    mvhline(LINES - 1, 0, ' ' | A_REVERSE, COLS);
    mvaddnstr(LINES - 1, 0, screen->opened ? " Left back   < > sort   r reverse   p pause   h help   q quit"
                                           : " Enter pools   < > sort   r reverse   p pause   h help   q quit",
              COLS);
    attrset(A_NORMAL);
    refresh();
}

static void open_chosen(struct screen *screen)
{
    if (screen->opened || screen->chosen_row >= screen->grid.count)
        return;
    screen->opened = screen->grid.rows[screen->chosen_row].watch;
    screen->chosen = screen->opened->process_id;
    screen->chosen_row = screen->first_row = 0;
}

static void move_choice(struct screen *screen, int by)
{
    int row = (int)screen->chosen_row + by;
    row = row < 0 ? 0 : row >= (int)screen->grid.count ? (int)screen->grid.count - 1 : row;
    screen->chosen_row = row < 0 ? 0 : (unsigned)row;
    if (!screen->opened && screen->grid.count > 0)
        screen->chosen = screen->grid.rows[screen->chosen_row].watch->process_id;
}

static void change_sort(struct screen *screen, int by)
{
    unsigned *sort = &screen->sort[screen->opened != NULL];
    unsigned columns = screen->grid.columns;
    *sort = *sort >= columns ? (by > 0 ? 0 : columns - 1) : (*sort + columns + (unsigned)by) % columns;
}

static void press(struct screen *screen, int key)
{
    unsigned view = screen->opened != NULL;
    switch (key) {
    case 'q': screen->quit = true; break;
    case KEY_UP: case 'k': move_choice(screen, -1); break;
    case KEY_DOWN: case 'j': move_choice(screen, 1); break;
    case KEY_PPAGE: move_choice(screen, -10); break;
    case KEY_NPAGE: move_choice(screen, 10); break;
    case '\n': case KEY_ENTER: case KEY_RIGHT: open_chosen(screen); break;
    case 27: case KEY_LEFT: case KEY_BACKSPACE: screen->opened = NULL; screen->help = false; break;
    case '<': case ',': change_sort(screen, -1); break;
    case '>': case '.': case 's': change_sort(screen, 1); break;
    case 'r': screen->ascending[view] = !screen->ascending[view]; break;
    case 'p': case ' ': screen->paused = !screen->paused; break;
    case 'h': case '?': screen->help = !screen->help; break;
    case 'c':
        screen->opened = NULL;
        top_forget_dead(screen->top);
        break;
    }
}

bool top_screen(struct top *top, double seconds)
{
    struct screen screen = {.top = top, .seconds = seconds, .sort = {4, TOP_SORT_NONE}};
    if (!newterm(NULL, stdout, stdin))
        return false;
    start_colours();
    cbreak();
    noecho();
    curs_set(0);
    keypad(stdscr, TRUE);
    set_escdelay(50);
    while (!screen.quit) {
        if (!screen.paused)
            top_sample(top);
        if (top->process && !screen.opened && top->count > 0)
            screen.opened = top->watches[top->count - 1];
        double next = top->at + seconds;
        for (bool again = true; again && !screen.quit;) {
            draw(&screen);
            double left = next - top_seconds();
            timeout(screen.paused ? -1 : left > 0 ? (int)(left * 1000) : 0);
            int key = getch();
            again = key != ERR; // the time is over
            press(&screen, key);
            again &= screen.paused || top_seconds() < next;
        }
    }
    endwin();
    top_grid_done(&screen.grid);
    return true;
}
