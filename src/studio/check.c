// SPDX-License-Identifier: Apache-2.0
#include "studio/check.h"

#include "base/file.h"
#include "studio/digest.h"
#include "studio/imf_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    INTAKE_ARENA_BYTES = 16 * 1024 * 1024,
    SUMS_BYTES_MAX = 1024 * 1024, // a manifest of 10,000 files
};

// --- measuring -------------------------------------------------------------------------------

// Spans shorter than the rule allows need not be told; none at all when nobody asks.
static uint32_t span_ms(const struct qc_rules *rules, enum qc_rule rule)
{
    const struct qc_limit *limit = &rules->limits[rule];
    if (limit->verdict == QC_OFF || limit->max == QC_NONE || limit->max >= UINT32_MAX)
        return UINT32_MAX;
    return limit->max < 1 ? 1 : (uint32_t)limit->max + 1;
}

static outcome read_measurement(int fd, uint64_t bytes, struct measurement *out, struct why *why)
{
    autobuffer text = buffer_init(MEASURE_BYTES_MAX);
    autojson *json = NULL;
    TRY(buffer_reserve(&text, bytes, why));
    TRY(fd_read_at(fd, text.at, bytes, 0, why));
    text.len = bytes;
    TRY(json_parse(buffer_slice(&text), "a measurement", &json, why));
    return measurement_parse(json, out, why);
}

static outcome run_measure(struct transcoder *transcoder, struct measure_job *job,
                           const struct qc_rules *rules, const struct transcode_watch *watch,
                           struct measurement *out, struct why *why)
{
    autofd output = memfd_create("measurement", MFD_CLOEXEC);
    if (output < 0) return fail_errno(why, errno, "cannot make room for a measurement");
    job->output_fd = output;
    job->limits = (struct measure_limits){
        .black_ms_min = span_ms(rules, QC_BLACK),
        .black_level = 100,
        .black_area = 980,
        .freeze_ms_min = span_ms(rules, QC_FREEZE),
        .freeze_level = 1000,
        .silence_ms_min = span_ms(rules, QC_SILENCE),
        .silence_db = 60,
        .clip_samples = 4,
    };
    struct measure_result result = {.bytes = 0};
    TRY(transcoder_measure(transcoder, job, watch, &result, why));
    return read_measurement(output, result.bytes, out, why);
}

outcome check_measure(struct transcoder *transcoder, int master_fd,
                      const struct master_facts *facts, const struct qc_rules *rules,
                      const struct transcode_watch *watch, struct measurement *out, struct why *why)
{
    struct measure_job job = {.master_fd = master_fd, .facts = facts};
    return run_measure(transcoder, &job, rules, watch, out, why);
}

outcome check_measure_sidecar(struct transcoder *transcoder, int sidecar_fd,
                              const struct master_facts *facts, const struct qc_rules *rules,
                              struct measurement *out, struct why *why)
{
    struct measure_job job = {.master_fd = sidecar_fd, .facts = facts, .is_sidecar = true};
    transcoder_unseal(transcoder, NULL); // from the studio's folder, not from the store
    return run_measure(transcoder, &job, rules, NULL, out, why);
}

// --- checksums -------------------------------------------------------------------------------

static void check_sum(const struct intake *intake, struct slice digest, struct slice name,
                      struct qc_report *report)
{
    char path[PATH_MAX], actual[DIGEST_TEXT_BYTES];
    struct qc_finding at = {.rule = QC_CHECKSUM, .start_ms = -1, .value = QC_NONE};
    (void)snprintf(at.where, sizeof at.where, "%.*s", SLICE_ARG(slice_part(name, 0, 90)));
    const bool is_outside = name.len == 0 || name.at[0] == '/' || name.len > 255 ||
                            memmem(name.at, name.len, "..", 2) != NULL;
    if (is_outside || snprintf(path, sizeof path, "%s/%.*s", intake->folder, SLICE_ARG(name)) >=
                          (int)sizeof path) {
        qc_find(report, &at, "the manifest names a file outside of its folder");
        return;
    }
    autofd fd = open(path, O_RDONLY | O_CLOEXEC);
    struct why fault = {""};
    if (fd < 0 || digest_file(fd, NULL, actual, &fault) != OK)
        qc_find(report, &at, "the manifest names it, but it cannot be read");
    else if (!slice_is_nocase(digest, actual))
        qc_find(report, &at, "its SHA-256 is %s, the manifest says %.*s: the copy is damaged",
                actual, SLICE_ARG(digest));
}

// The packing lists of an IMF package say size and SHA-1 of every file.
static outcome check_package(const struct intake *intake, struct qc_report *report, struct why *why)
{
    autoarena arena = arena_init(INTAKE_ARENA_BYTES);
    struct imf_folder *imf = ARENA_NEW(&arena, struct imf_folder);
    const char *wanted = intake->has_file ? intake->file.master : "";
    if (imf == NULL) return fail(why, NO_MEMORY, "no memory for a package");
    TRY(imf_folder_open(intake->folder, wanted, &arena, imf, why));
    qc_look(report, QC_CHECKSUM);
    for (size_t i = 0; i < imf->package.asset_count; i++) {
        const struct imf_asset *asset = &imf->package.assets[i];
        struct qc_finding at = {.rule = QC_CHECKSUM, .start_ms = -1, .value = QC_NONE};
        struct why fault = {""};
        (void)snprintf(at.where, sizeof at.where, "%.95s", asset->path);
        if (asset->is_packing_list) continue;
        if (!asset->is_listed)
            qc_find(report, &at, "no packing list has its checksum");
        else if (imf_folder_verify(intake->folder, asset, &fault) != OK)
            qc_find(report, &at, "%s", fault.text);
    }
    return OK;
}

outcome check_sums(const struct intake *intake, struct qc_report *report, struct why *why)
{
    char paths[2][PATH_MAX];
    if (report->rules->limits[QC_CHECKSUM].verdict == QC_OFF) return OK;
    if (intake->is_imf) return check_package(intake, report, why);
    if (snprintf(paths[0], PATH_MAX, "%s/SHA256SUMS", intake->folder) >= PATH_MAX ||
        snprintf(paths[1], PATH_MAX, "%s.sha256", intake->master) >= PATH_MAX)
        return fail(why, INVALID, "the path of the master is too long");
    for (size_t i = 0; i < 2; i++) {
        autobuffer text = buffer_init(SUMS_BYTES_MAX);
        const outcome read = file_read(paths[i], &text, why);
        if (read == NOT_FOUND) continue;
        TRY(read);
        qc_look(report, QC_CHECKSUM);
        struct slice rest = buffer_slice(&text), line;
        while (slice_cut(&rest, '\n', &line)) { // "<64 digits> [ *]<name>"
            line = slice_trim(line);
            if (line.len > 66 && line.at[0] != '#')
                check_sum(intake, slice_part(line, 0, 64), slice_part(line, 66, line.len), report);
        }
    }
    return OK;
}

// --- the whole -------------------------------------------------------------------------------

static outcome measure_and_judge(struct transcoder *transcoder, int master_fd,
                                 const struct master_facts *facts,
                                 const struct transcode_watch *watch, struct qc_report *report,
                                 struct why *why)
{
    struct measurement *measurement = calloc(1, sizeof *measurement);
    if (measurement == NULL) return fail(why, NO_MEMORY, "no memory to check a master");
    report->rate = facts->video.rate;
    check_facts(facts, report);
    const outcome result =
        check_measure(transcoder, master_fd, facts, report->rules, watch, measurement, why);
    if (result == OK) check_measured(facts, measurement, report);
    free(measurement);
    return result;
}

// Sound that lies in files of its own. One that cannot be measured is damage of its own.
static outcome check_sidecars(struct transcoder *transcoder, const struct intake *intake,
                              const struct master_facts *facts, struct qc_report *report,
                              struct why *why)
{
    struct measurement *measurement = calloc(1, sizeof *measurement);
    outcome result = measurement == NULL ? fail(why, NO_MEMORY, "no memory to check sound") : OK;
    for (size_t i = 0; result == OK && i < intake->file.audio_count; i++) {
        const struct title_file_track *track = &intake->file.audio[i];
        struct qc_finding at = {.rule = QC_DAMAGE, .start_ms = -1, .value = QC_NONE};
        const char *name = intake_sound_name(intake, i);
        struct why fault = {""};
        autofd file = -1;
        if (track->stream >= 0) continue;
        (void)snprintf(at.where, sizeof at.where, "%.95s", name);
        outcome measured = intake_sound_open(intake, i, transcoder, &file, &fault);
        if (measured == OK)
            measured =
                check_measure_sidecar(transcoder, file, facts, report->rules, measurement, &fault);
        if (measured == NO_MEMORY)
            result = fail(why, measured, "%s", fault.text);
        else if (measured == OK)
            check_measured_sidecar(name, measurement, report);
        else
            qc_find(report, &at, "the sound cannot be measured: %.300s",
                    measured == NOT_FOUND ? "there is no such file" : fault.text);
    }
    free(measurement);
    return result;
}

outcome check_accepted(struct transcoder *transcoder, int master_fd,
                       const struct master_facts *facts, const struct intake *intake,
                       const struct transcode_watch *watch, struct qc_report *out, struct why *why)
{
    qc_look(out, QC_READABLE);
    TRY(check_sums(intake, out, why));
    TRY(measure_and_judge(transcoder, master_fd, facts, watch, out, why));
    TRY(check_sidecars(transcoder, intake, facts, out, why));
    if (intake->file.audio_count == 0) check_described(facts, out);
    return check_title(intake, media_time_rescale(facts->duration, 1000).ticks, out, why);
}

// Pictures that are missing, parts that do not fit: its words alone can be judged.
static outcome judge_unopened(const struct intake *intake, const struct why *fault,
                              struct qc_report *report, struct why *why)
{
    const bool is_gap = intake->sequence != NULL && intake->sequence->missing > 0;
    const struct qc_finding at = {
        .rule = is_gap ? QC_GAP : QC_READABLE, .start_ms = -1, .value = QC_NONE};
    qc_look(report, at.rule);
    qc_find(report, &at, "%s", fault->text);
    TRY(check_sums(intake, report, why));
    return check_title(intake, -1, report, why);
}

// Probes; a refused master is judged by that and by its words alone.
static outcome look_through(const struct check_options *options, const struct intake *intake,
                            struct master_report *probed, struct qc_report *report, struct why *why)
{
    autotranscoder *transcoder = NULL;
    const struct transcoder_options transcoder_options = {.program = options->transcoder,
                                                          .threads = options->threads};
    const struct qc_finding at = {.rule = QC_READABLE, .start_ms = -1, .value = QC_NONE};
    struct why fault = {""};
    autofd master = -1;
    TRY(transcoder_open(&transcoder, &transcoder_options, why));
    const outcome opened = intake_master_open(intake, transcoder, NULL, &master, &fault);
    if (opened == INVALID || opened == UNSUPPORTED)
        return judge_unopened(intake, &fault, report, why);
    if (opened != OK) return fail(why, opened, "%s", fault.text);
    TRY(transcoder_probe(transcoder, master, NULL, probed, why));
    if (probed->refusal == MASTER_ACCEPTED) TRY(intake_colour(intake, &probed->facts, why));
    if (probed->refusal == MASTER_ACCEPTED)
        return check_accepted(transcoder, master, &probed->facts, intake, options->watch, report,
                              why);
    qc_find(report, &at, "%s [%s]", probed->reason.text, master_refusal_code(probed->refusal));
    TRY(check_sums(intake, report, why));
    return check_title(intake, -1, report, why);
}

// A title.json that cannot be read, or a master of no kind that is read, is a finding, and ends the
// check.
static outcome open_intake(const struct check_options *options, struct arena *arena,
                           struct intake *intake, struct qc_report *report, bool *is_open,
                           struct why *why)
{
    struct why fault = {""};
    const outcome result = intake_open(options->path, NULL, arena, intake, &fault);
    const struct qc_finding at = {
        .rule = result == UNSUPPORTED ? QC_READABLE : QC_TITLE, .start_ms = -1, .value = QC_NONE};
    *is_open = result == OK;
    if (result == INVALID || result == UNSUPPORTED) {
        qc_find(report, &at, "%s", fault.text);
        return OK;
    }
    return result == OK ? OK : fail(why, result, "%s", fault.text);
}

outcome check_master(const struct check_options *options, struct qc_report *out, struct why *why)
{
    autoarena arena = arena_init(INTAKE_ARENA_BYTES);
    struct intake *intake = calloc(1, sizeof *intake);
    struct master_report *probed = calloc(1, sizeof *probed);
    outcome result = OK;
    bool is_open = false;
    memset(out, 0, sizeof *out);
    out->rules = options->rules;
    if (intake == NULL || probed == NULL)
        result = fail(why, NO_MEMORY, "no memory to check a master");
    if (result == OK) result = open_intake(options, &arena, intake, out, &is_open, why);
    if (result == OK && is_open) result = look_through(options, intake, probed, out, why);
    free(intake);
    free(probed);
    return result;
}
