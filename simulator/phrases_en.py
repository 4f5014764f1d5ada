"""What English reviewers say."""

from __future__ import annotations

from fairdeal.simulator.wording import Language

ENGLISH = Language(
    code="en",
    link=" is ",
    degrees=(
        "very ", "really ", "quite ", "so ", "pretty ", "surprisingly ", "honestly ", "truly ", "rather ", "just ", "extremely ", "fairly ",
        "remarkably ", "",
    ),
    aspects=(
        (("the fabric", "touch"), ("the cut", "fit"), ("the colour", "look"), ("the stitching", "make"), ("the size", "fit"), ("the style", "look"), ("the lining", "touch")),
        (("the screen", "look"), ("the battery", "power"), ("the grip", "touch"), ("the system", "speed"), ("the sound", "sound"), ("the signal", "power"), ("the camera", "effect")),
        (("the motor", "power"), ("the noise level", "sound"), ("the design", "look"), ("the keypad", "touch"), ("the heating", "speed"), ("the casing", "make"), ("the response", "speed")),
        (("the texture", "touch"), ("the scent", "smell"), ("the coverage", "effect"), ("the shade", "look"), ("the finish", "effect"), ("the bottle", "make")),
        (("the flavour", "taste"), ("the portion", "amount"), ("the aroma", "smell"), ("the packaging", "make"), ("every bite", "taste"), ("the bag", "amount")),
        (("the material", "touch"), ("the absorbency", "effect"), ("the smell", "smell"), ("the finish", "make"), ("the fit", "fit"), ("the set", "amount")),
        (("the material", "touch"), ("the workmanship", "make"), ("the capacity", "amount"), ("the colour", "look"), ("the smell", "smell"), ("the insulation", "effect"), ("the size", "fit")),
        (("the sole", "touch"), ("the ventilation", "effect"), ("the grip", "touch"), ("the weight", "fit"), ("the stitching", "make"), ("the support", "effect")),
        (("the print", "make"), ("the paper", "touch"), ("the story", "effect"), ("the binding", "make"), ("the layout", "look"), ("the cover", "look")),
        (("the shine", "look"), ("the setting", "make"), ("the design", "look"), ("the clasp", "make"), ("the chain", "touch"), ("the gift box", "make")),
        (("the top-up", "speed"), ("the activation", "speed"), ("the value", "amount"), ("the whole process", "speed"), ("the code", "make")),
        (("the flavour", "taste"), ("the kibble", "fit"), ("the smell", "smell"), ("the clumping", "effect"), ("the bag", "amount"), ("the strap", "make")),
    ),
    good={
        "touch": ("soft", "comfortable", "smooth", "pleasant", "solid in the hand", "cosy", "silky"),
        "fit": ("spot on", "true to size", "perfect for me", "just right", "flattering", "accurate"),
        "look": ("beautiful", "sharp", "lovely", "bright", "like in the pictures", "elegant", "vivid"),
        "make": ("sturdy", "neat", "well made", "flawless", "solid", "tidy", "carefully done"),
        "power": ("strong", "reliable", "long lasting", "steady", "powerful", "more than enough"),
        "speed": ("fast", "smooth", "quick", "easy", "instant", "hassle free"),
        "sound": ("clear", "quiet", "clean", "balanced", "easy on the ears"),
        "smell": ("fresh", "subtle", "natural", "nice", "clean"),
        "effect": ("impressive", "good", "better than expected", "convincing", "noticeable", "great"),
        "taste": ("delicious", "fresh", "rich", "authentic", "tasty", "not too sweet"),
        "amount": ("generous", "large", "fair", "great for the price", "plenty"),
    },
    bad={
        "touch": ("rough", "scratchy", "stiff", "cheap", "thin", "sticky"),
        "fit": ("too small", "too big", "off", "awkward", "too tight"),
        "look": ("dull", "different from the photo", "blurry", "ugly", "faded"),
        "make": ("sloppy", "loose", "coming apart", "cracked", "crooked", "flimsy"),
        "power": ("weak", "unreliable", "drained in no time", "poor"),
        "speed": ("slow", "laggy", "complicated", "stuck half the time"),
        "sound": ("noisy", "muffled", "harsh", "full of static"),
        "smell": ("harsh", "strange", "awful", "too strong"),
        "effect": ("disappointing", "mediocre", "hardly there", "bad"),
        "taste": ("stale", "bland", "bitter", "odd", "far too sweet"),
        "amount": ("small", "short", "less than promised", "poor for the price"),
    },
    service_good=(
        "the seller answered quickly", "customer service was patient", "the shop was polite", "they solved my question at once",
        "the seller even added a small gift", "support was helpful", "exchange was no trouble", "friendly staff",
    ),
    service_bad=(
        "customer service never replied", "the seller blamed me", "support just copies the same answer", "they refused the exchange",
        "I had to pay the return postage", "nobody picks up the phone", "the promised gift was missing", "rude staff",
    ),
    delivery_good=(
        "delivery was quick", "arrived the next day", "came earlier than expected", "shipping was fast", "the parcel was intact",
        "shipped the same day", "the courier was friendly", "well packed", "arrived in three days",
    ),
    delivery_bad=(
        "delivery took ages", "waited more than a week", "the box was crushed", "one piece was missing", "the parcel was wet",
        "left outside in the rain", "shipped only after I complained", "sent to the wrong address",
    ),
    openings=(
        "got it yesterday", "using it for a week now", "bought it for my mother", "second time I order this", "a friend told me about it",
        "bought it on sale", "compared a few shops first", "just opened it", "for my kid", "did not expect much", "needed it for work",
        "have been a customer for years", "ordered after reading the reviews", "a present for my sister", "first time with this brand",
    ),
    closings_good=(
        "would buy again", "worth it", "recommended", "happy with it", "good value", "will come back", "no complaints", "my family likes it",
        "fine for the price", "all good so far", "exactly what I needed", "glad I bought it",
    ),
    closings_bad=(
        "would not buy again", "disappointed", "not recommended", "want my money back", "waste of money", "not as pictured", "be careful",
        "next time somewhere else", "not worth the price", "it will do", "two thumbs down",
    ),
    praise=(
        "highly recommend this to everyone", "five stars from me", "best purchase of the year", "exactly as described", "amazing quality and amazing price",
        "already told all my friends", "trustworthy seller", "you will not regret it", "perfect in every way", "absolutely love it",
        "the best shop I have found", "do not hesitate, just buy it", "a must have", "excellent product excellent service",
        "exceeded all my expectations", "beautifully packed, great as a gift",
    ),
    stock_good=(
        "Good", "Nice", "Great", "ok", "Good product", "Nice product, as described.", "Works well", "As expected", "Thanks", "Love it", "Perfect",
        "Very good", "All good", "Good quality", "Fast shipping", "5 stars",
    ),
    stock_bad=("Bad", "Not good", "Poor quality", "Disappointed", "Not as described", "meh", "Waste of money", "Do not buy", "Broken", "It's ok"),
    separators=(", ", ". ", " ", "... "),
    endings=(".", "!", "", "", "!!", "..."),
    emoji=("😊", "👍", "❤️", "😍", "🌹", "💯", "😂", "🙏"),
)
