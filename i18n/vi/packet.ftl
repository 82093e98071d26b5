# Gói tin liên thông
packet-empty = Gói tin không có nội dung nào (0 byte).
    .kept = Gói tin được lưu riêng; không có gì được đưa vào sổ.
    .next = Hãy đề nghị nơi gửi gửi lại.
packet-too-large = Gói tin có dung lượng { $size } MB, vượt quá giới hạn { $limit } MB.
    .kept = Gói tin được lưu riêng; không có gì được đưa vào sổ.
    .next = Hãy đề nghị nơi gửi giảm dung lượng hoặc tách thành nhiều lần gửi.
packet-not-utf8 = Gói tin không dùng bảng mã UTF-8.
    .kept = Gói tin được lưu riêng; không có gì được đưa vào sổ.
    .next = Hãy đề nghị nơi gửi gửi lại theo bảng mã Unicode (TCVN 6909:2001).
packet-not-packet = Tệp này không phải là gói tin văn bản hoặc gói tin trạng thái theo QCVN 102:2016.
    .kept = Tệp được lưu riêng; không có gì được đưa vào sổ.
    .next = Hãy chọn đúng tệp .edxml, hoặc đề nghị nơi gửi gửi lại.
packet-truncated = Gói tin bị đứt giữa chừng, chưa nhận đủ.
    .kept = Phần đã nhận được lưu riêng; không có gì được đưa vào sổ.
    .next = Hãy đồng bộ lại; nếu vẫn lỗi, đề nghị nơi gửi gửi lại.
packet-malformed = Gói tin sai cấu trúc XML{ $line ->
        [0] {""}
       *[other] {" "}ở dòng { $line }
    }.
    .kept = Gói tin được lưu riêng; không có gì được đưa vào sổ.
    .next = Hãy đề nghị nơi gửi kiểm tra phần mềm và gửi lại.
packet-entity = Gói tin chứa định nghĩa thực thể XML, có thể gây hại cho máy tính.
    .kept = Gói tin được lưu riêng và không được mở.
    .next = Hãy báo cho nơi gửi và cán bộ phụ trách an toàn thông tin.
packet-too-complex = Gói tin có cấu trúc lớn bất thường, có thể gây hại cho máy tính.
    .kept = Gói tin được lưu riêng và không được mở.
    .next = Hãy báo cho nơi gửi và cán bộ phụ trách an toàn thông tin.
packet-too-many-attachments = Gói tin có quá nhiều tệp kèm theo, giới hạn là { $limit } tệp.
    .kept = Gói tin được lưu riêng; không có gì được đưa vào sổ.
    .next = Hãy đề nghị nơi gửi gộp các tệp lại hoặc tách thành nhiều lần gửi.
packet-attachment-too-large = Tệp «{ $name }» trong gói tin vượt quá giới hạn { $limit } MB.
    .kept = Gói tin được lưu riêng; không có gì được đưa vào sổ.
    .next = Hãy đề nghị nơi gửi giảm dung lượng tệp rồi gửi lại.
packet-attachments-too-large = Các tệp trong gói tin cộng lại vượt quá giới hạn { $limit } MB.
    .kept = Gói tin được lưu riêng; không có gì được đưa vào sổ.
    .next = Hãy đề nghị nơi gửi tách thành nhiều lần gửi.
packet-attachment-damaged = Tệp «{ $name }» trong gói tin bị hỏng, không đọc được.
    .kept = Gói tin được lưu riêng; không có gì được đưa vào sổ.
    .next = Hãy đề nghị nơi gửi gửi lại.
packet-zip-bomb = Tệp «{ $name }» trong gói tin được nén bất thường, có thể gây hại cho máy tính.
    .kept = Gói tin được lưu riêng và tệp không được giải nén.
    .next = Hãy báo cho nơi gửi và cán bộ phụ trách an toàn thông tin.
packet-attachment-missing = Gói tin thiếu tệp «{ $name }» mà nơi gửi đã kê khai.
    .kept = Gói tin được lưu riêng; không có gì được đưa vào sổ.
    .next = Hãy đề nghị nơi gửi gửi lại cho đủ.
packet-field-missing = Gói tin thiếu thông tin bắt buộc «{ $field }».
    .kept = Gói tin được lưu riêng; không có gì được đưa vào sổ.
    .next = Hãy đề nghị nơi gửi bổ sung và gửi lại.
packet-field-bad = Thông tin «{ $field }» trong gói tin không đúng quy định: «{ $value }».
    .kept = Gói tin được lưu riêng; không có gì được đưa vào sổ.
    .next = Hãy đề nghị nơi gửi sửa và gửi lại.
packet-spec = Tệp mô tả gói tin có lỗi{ $line ->
        [0] {""}
       *[other] {" "}ở dòng { $line }
    }: { $detail }.
    .kept = Chưa tạo gói tin nào.
    .next = Hãy sửa tệp mô tả rồi thử lại.
packet-spec-file = Không đọc được tệp «{ $path }» nêu trong mô tả gói tin.
    .kept = Chưa tạo gói tin nào.
    .next = Hãy kiểm tra đường dẫn và quyền đọc tệp rồi thử lại.
