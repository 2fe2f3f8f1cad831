"""What viewers say, by the English that their scripts hold, in the reader's language."""

from django.utils.translation import gettext, gettext_noop

TEXTS = (
    gettext_noop("Left"),
    gettext_noop("Right"),
    gettext_noop("Axial"),
    gettext_noop("{number} of {of}"),
    gettext_noop("Swipe"),
    gettext_noop("Swipe: left of a divider the left output, right of it the right one"),
    gettext_noop("Divider between the left and the right output"),
    gettext_noop(
        "Left of the divider: left output, {left} %. Right of it: right output, {right} %."
    ),
    gettext_noop("Tools of the images"),
    gettext_noop("Tools of the slides"),
    gettext_noop("Tools of the volume"),
    gettext_noop("Tools of the signal"),
    gettext_noop("Reset"),
    gettext_noop("Reset: show everything as it was at first"),
    gettext_noop(
        "Slide, {pane}. Arrow keys move, plus and minus zoom, Home shows all of it, O changes the "
        "objective, L measures."
    ),
    gettext_noop("{times}×: as under an objective of {times}"),
    gettext_noop("{percent} % of full size"),
    gettext_noop("The slide does not say how large its pixels are, so lengths are in pixels"),
    gettext_noop("Blue: only on this side. White: on both."),
    gettext_noop("Shown: {pane}"),
    gettext_noop("Both sounds"),
    gettext_noop("Both clips"),
    gettext_noop("Tools"),
    gettext_noop("Zoom out"),
    gettext_noop("Zoom in"),
    gettext_noop("Smaller"),
    gettext_noop("Larger"),
    gettext_noop("Show all"),
    gettext_noop("Measure"),
    gettext_noop("Reset"),
    gettext_noop("Reset: show everything as it was at first"),
    gettext_noop("Play"),
    gettext_noop("Play through the slices"),
    gettext_noop("Crosshair"),
    gettext_noop("Crosshair: point at a place, and the other planes show it as well"),
    gettext_noop("Crosshair: axial {axial}, coronal {coronal}, sagittal {sagittal}, value {value}"),
    gettext_noop("Calipers"),
    gettext_noop("Opacity"),
    gettext_noop("Marks"),
    gettext_noop("Contour and fill"),
    gettext_noop("Contour"),
    gettext_noop("Fill"),
    gettext_noop("Nothing"),
    gettext_noop("Difference"),
    gettext_noop("Blink"),
    gettext_noop("Blink: show the marks of one side in both panes, then those of the other"),
    gettext_noop("Blink: show the image of one side in both panes, then that of the other"),
    gettext_noop("Slice"),
    gettext_noop("Coronal"),
    gettext_noop("Sagittal"),
    gettext_noop("Window"),
    gettext_noop("own"),
    gettext_noop("Centre"),
    gettext_noop("Width"),
    gettext_noop("As it is"),
    gettext_noop("As imported"),
    gettext_noop("Brighter"),
    gettext_noop("Darker"),
    gettext_noop("High contrast"),
    gettext_noop("Negative"),
    gettext_noop("Red-free"),
    gettext_noop("Bright parts"),
    gettext_noop("Dark parts"),
    gettext_noop("Soft tissue"),
    gettext_noop("Lung"),
    gettext_noop("Bone"),
    gettext_noop("Brain"),
    gettext_noop("Stroke"),
    gettext_noop("Liver"),
    gettext_noop("Mediastinum"),
    gettext_noop("CT angiography"),
    gettext_noop("File: {name}"),
    gettext_noop("window {n}"),
    gettext_noop("Normal"),
    gettext_noop("Harder"),
    gettext_noop("Softer"),
    gettext_noop("Standard"),
    gettext_noop("Abdomen"),
    gettext_noop("Switch sides"),
    gettext_noop("Go on with the other side’s sound at the same place"),
    gettext_noop("Play both"),
    gettext_noop("◂ Frame"),
    gettext_noop("Frame ▸"),
    gettext_noop("One frame back"),
    gettext_noop("One frame on"),
    gettext_noop("Speed"),
    gettext_noop("quarter"),
    gettext_noop("half"),
    gettext_noop("normal"),
    gettext_noop("left"),
    gettext_noop("right"),
    gettext_noop("case"),
    gettext_noop("Shown: {pane}"),
    gettext_noop(
        "Image, {pane}. Arrow keys move, plus and minus zoom, Home shows all, T changes "
        "the window, L measures, R resets."
    ),
    gettext_noop(
        "Image, {pane}; the table below lists what is marked. Arrow keys move, plus and "
        "minus zoom, Home shows all, T changes the window, L measures, "
        "R resets."
    ),
    gettext_noop(
        "Volume, {pane}. Up and down arrows change the slice, Shift with arrows moves, "
        "plus and minus zoom, P changes the plane, T the window, I black and white, K plays, "
        "H shows a crosshair, L measures, R resets."
    ),
    gettext_noop("only left: stripes rising"),
    gettext_noop("only right: stripes falling"),
    gettext_noop("both: solid"),
    gettext_noop("both, but labelled otherwise: dots"),
    gettext_noop("Blue: only on this side. White: on both."),
    gettext_noop("Draw a line on the image, or move its end with the arrow keys"),
    gettext_noop("Line: {length}"),
    gettext_noop("{n} pixels"),
    gettext_noop("Loading the volume: {percent} %"),
    gettext_noop(
        "The volume could not be loaded ({problem}). The three middle slices are shown instead."
    ),
    gettext_noop("the server answered {status}"),
    gettext_noop("The slide cannot be enlarged here ({problem})."),
    gettext_noop("the viewer was not found"),
    gettext_noop("{percent} % of full size"),
    gettext_noop("Caliper {number}"),
    gettext_noop("{n} per minute"),
    gettext_noop("Between the calipers: {time}"),
)


def viewer_words() -> dict[str, str]:
    """A translation for each text that has one other than itself; none for an English reader."""
    return {text: told for text in TEXTS if (told := gettext(text)) != text}
