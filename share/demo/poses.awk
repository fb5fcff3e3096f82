# SPDX-License-Identifier: Apache-2.0
# Fills in one drawing many times: each frame of a character is the same SVG with other numbers.
#
#   awk -f poses.awk -v what=boat -v scene=1 -v count=180 -v rate=12 -v out=DIR dialogue.tsv boat.svg
#
# A drawing holds names between at signs (@tilt@). Times are in seconds from the start of the film,
# so that mouths move while dialogue.tsv says their owner speaks.

BEGIN { FS = "\t"; tau = 6.283185307179586; start = (scene - 1) * 15 }

FNR == NR {
    if ($0 !~ /^#/) { from[lines] = $1 / 1000; to[lines] = $2 / 1000; who[lines++] = $3 }
    next
}
{ drawing = drawing $0 "\n" }

function clamp(x) { return x < 0 ? 0 : x > 1 ? 1 : x }
function ease(x) { x = clamp(x); return x * x * (3 - 2 * x) }
function pop(x) { x = clamp(x); return ease(x) + 0.24 * sin(x * tau / 2) * x }
function fract(x) { return x - int(x) }

# How far the mouth is open: two beats against each other look like syllables.
function speech(name, t,    i, open) {
    for (i = 0; i < lines; i++)
        if (who[i] == name && t >= from[i] && t < to[i] - 0.1) {
            open = sin((t - from[i]) * tau * 2.3) * sin((t - from[i]) * tau * 1.1 + 1)
            return 0.25 + 0.75 * (open < 0 ? -open : open)
        }
    return 0
}

function set_eyes(t, beat, tall, pupil,    shut) {
    shut = fract(t / beat) * beat < 0.16
    P["eye"] = shut ? 1.6 : tall
    P["pupil"] = shut ? 0 : pupil
    P["glint"] = shut ? 0 : 3
}

function set_mouth(open, rest) {
    P["smile"] = rest - 4 * open
    P["lip"] = rest + 26 * open
}

function set_colours(list,    n, part, i, pair) {
    n = split(list, part, " ")
    for (i = 1; i <= n; i++) { split(part[i], pair, "="); P[pair[1]] = pair[2] }
}

function palette_boat() {
    if (scene == 2)
        set_colours("paper=#c3c9e6 shade=#a3aacf light=#d6dbf2 fold=#8088b5 leaf=#5f9a8b " \
            "vein=#467a70 mast=#66557a seed=#7d5763 belly=#a67f86 stalk=#588f80 white=#eef0ff")
    else
        set_colours("paper=#f7efdf shade=#e4d8c1 light=#fffaf0 fold=#c9b99d leaf=#86bf6d " \
            "vein=#5f9c55 mast=#8a6242 seed=#8e5b3d belly=#bd875a stalk=#6aa35a white=#ffffff")
}

function pose_boat(t) {
    palette_boat()
    P["dx"] = 0; P["dy"] = 0; P["boat"] = 1; P["prim"] = 1
    P["tilt"] = (scene == 2 ? 7 : 4.5) * sin(t * tau / 3.75)
    P["bob"] = 166 + 3 * sin(t * tau / 1.25)
    if (scene == 3) { P["tilt"] = -7; P["prim"] = t < 31 ? 1 : 0 }
    set_eyes(t + 1, 3.4, 13, 7)
    set_mouth(speech("prim", t), 17)
}

# Prim alone: turns once while she hops from the boat to the flower bed, then sinks.
function pose_seed(t) {
    pose_boat(t)
    P["boat"] = 0; P["prim"] = 1; P["dx"] = 42; P["dy"] = 0; P["tilt"] = 0
    P["bob"] = 190 - 6 * sin(t * tau / 0.5)
}

function pose_gull(t,    beat, open) {
    beat = sin(t * tau / (fract(t / 5) < 0.5 ? 0.75 : 1.25))
    open = speech("olive", t)
    set_colours("body=#fdfdfb under=#dfe6ee wing=#c3cfdd wingfar=#a9b8ca tip=#4b5467 " \
        "beak=#f3b04a beaklow=#e29a34")
    P["tilt"] = 3 * sin(t * tau / 2.5)
    P["near"] = 0.25 + 0.75 * beat
    P["far"] = 0.35 + 0.65 * beat
    P["brow"] = 104 - 4 * open
    P["jaw"] = 160 + 20 * open; P["chin"] = 168 + 20 * open
    set_eyes(t, 2.9, 10, 5)
}

function pose_keeper(t) {
    P["width"] = scene == 2 ? 200 : 140; P["height"] = scene == 2 ? 180 : 126
    set_colours(scene == 2 ? "hair=#aeb4d6 nose=#c58a94 white=#f2f3ff" \
        : "hair=#cdc6c0 nose=#e8a08c white=#ffffff")
    P["brow"] = -44 - 8 * speech("lumen", t); P["arch"] = P["brow"] - 16
    P["look1"] = -32 - (scene == 2 ? 6 : 5); P["look2"] = 32 - (scene == 2 ? 6 : 5)
    set_eyes(t + 0.6, 4.1, 17, 10)
    if (scene == 2 && t < 17.2) { P["eye"] = 1.6 + 15.4 * ease((t - 16.4) / 0.5); P["pupil"] = t < 16.7 ? 0 : 9 }
    set_mouth(speech("lumen", t), 44)
}

# Growth: shoot 33.0-35.0, leaves with it, bud to 35.2, flower open at 36.6.
function pose_flower(t,    up, lean) {
    set_colours("leaf=#5fa55f vein=#3f8049 stem=#6fae5c petal=#fdf2ae edge=#ecd777 throat=#f2bb3c")
    up = ease((t - 32.9) / 2.2)
    lean = 10 * sin((t - 33) * tau / 3)
    P["sway"] = 2.5 * sin((t - 33) * tau / 3.2)
    P["hx"] = 240 + lean * up; P["hy"] = 550 - 270 * up
    P["mid"] = 550 - 140 * up; P["bend"] = 240 - 24 * up
    P["leaves"] = 0.02 + 1.2 * pop((t - 33.3) / 1.9)
    P["bud"] = 0.02 + 0.95 * ease((t - 33.6) / 1.4) * (1 - ease((t - 35.5) / 0.6))
    P["bloom"] = 0.01 + 1.25 * pop((t - 35.4) / 1.3)
    P["turn"] = 40 * (1 - ease((t - 35.4) / 1.6)) + 5 * sin(t * tau / 4)
    set_eyes(t + 0.7, 3.3, 14, 8)
    if (t < 37.2) { P["eye"] = 1.6 + 12.4 * ease((t - 36.8) / 0.4); P["pupil"] = t < 37 ? 0 : 7 }
    set_mouth(speech("prim", t), 22)
}

function pose_butterfly(t) { P["flap"] = 0.25 + 0.75 * (0.5 + 0.5 * cos(t * tau / 0.5)) }

# The lamp turns once in 4 s; the half in which it points at us and to the left is drawn.
function pose_beam(t,    a, reach) {
    a = fract(t / 4) * tau
    reach = sin(a); if (reach < 0) reach = 0
    P["reach"] = 1310 - 1300 * reach; P["drop"] = 60 + 190 * reach
    P["top"] = 60 + 50 * reach; P["bottom"] = 60 + 370 * reach
    P["bright"] = 0.85 * reach; P["half"] = 0.3 * reach
}

function pose_tower(t) {
    if (scene == 2)
        set_colours("rock=#2b3263 rock2=#222853 white=#b7bce0 red=#8c4a6b dusk=#23284f door=#3a2f55 " \
            "window=#ffd98a rail=#2a2f5a glass=#fff0b8 glow=0.95 glow2=0.45")
    else
        set_colours("rock=#9c8d86 rock2=#857a78 white=#fff8ee red=#d9705f dusk=#b08a86 door=#7a5340 " \
            "window=#8fb3c4 rail=#5d5a66 glass=#fdf3c8 glow=0.3 glow2=0.12")
}

function pose_wave(t) {
    P["rise"] = 34; P["height"] = scene == 2 ? 32 : 26
    set_colours(out ~ /near/ ? (scene == 2 ? "sea=#1d2756 foam=#56639f" : "sea=#378799 foam=#8fcbd0") : \
        out ~ /mid/ ? (scene == 2 ? "sea=#28346b foam=#6a76b0" : "sea=#4fa3b0 foam=#a5dadb") : \
        (scene == 2 ? "sea=#34427e foam=#7d88bd" : "sea=#6fbcc0 foam=#c0e6e3"))
}

function pose_cloud(t) {
    set_colours(scene == 1 ? "cloud=#fffdf6 under=#f3e6da" : scene == 2 ? "cloud=#4a5592 under=#3f4a84" \
        : "cloud=#fff3e6 under=#f7d5c6")
}

function pose_curtain(t) { P["tide"] = out ~ /night/ ? "#16204a" : "#fdf0d2" }

function pose_card(t,    s) {
    s = scene == 1 ? 0 : 41.6
    P["line1"] = scene == 1 ? "Primrose" : "The End"
    P["line2"] = scene == 1 ? "a small voyage" : "made with FFmpeg and eSpeak NG"
    P["ink"] = scene == 1 ? "#2f5c70" : "#7a4a4a"
    P["opacity"] = ease((t - s - (scene == 1 ? 0 : 0.2)) / 0.9) * (scene == 1 ? 1 - ease((t - 4) / 0.8) : 1)
    P["lift"] = 26 * (1 - ease((t - s) / 1.2)) - (scene == 1 ? 30 * ease((t - 4) / 0.8) : 0)
    P["space"] = 6 + 5 * ease((t - s) / 3)
    P["turn"] = 12 * (t - s)
}

function pose(t) {
    if (what == "boat") pose_boat(t)
    else if (what == "seed") pose_seed(t)
    else if (what == "gull") pose_gull(t)
    else if (what == "keeper") pose_keeper(t)
    else if (what == "flower") pose_flower(t)
    else if (what == "butterfly") pose_butterfly(t)
    else if (what == "beam") pose_beam(t)
    else if (what == "tower") pose_tower(t)
    else if (what == "wave") pose_wave(t)
    else if (what == "cloud") pose_cloud(t)
    else if (what == "curtain") pose_curtain(t)
    else if (what == "card") pose_card(t)
}

END {
    for (i = 0; i < count; i++) {
        pose(start + offset + i / rate)
        page = drawing
        for (name in P)
            gsub("@" name "@", P[name] ~ /^-?[0-9.]+(e-?[0-9]+)?$/ ? sprintf("%.3f", P[name]) : P[name], page)
        if (match(page, /@[a-z0-9]+@/)) {
            print "poses.awk: " what ": nothing sets " substr(page, RSTART, RLENGTH) > "/dev/stderr"
            exit 1
        }
        file = sprintf("%s/%03d.svg", out, i)
        printf "%s", page > file
        close(file)
    }
}
