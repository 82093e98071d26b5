# signing
