"""What goes over the model's wire: message tree, context, request and response as JSON.

Pure functions of the tables; knows no HTTP client and writes nothing.
"""
